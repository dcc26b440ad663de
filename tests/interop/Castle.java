import java.io.*;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.interfaces.ECPublicKey;
import java.security.spec.*;
import java.util.*;
import javax.crypto.spec.*;
import org.bouncycastle.asn1.*;
import org.bouncycastle.asn1.cms.*;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.cert.jcajce.*;
import org.bouncycastle.cms.*;
import org.bouncycastle.cms.jcajce.*;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.*;
import org.bouncycastle.operator.jcajce.*;

/** Writes one CMS object a file into the folder that it is given; the people's keys and certificates lie there. */
public class Castle {
    interface Work { byte[] done() throws Exception; }

    static Path folder;
    static byte[] content;

    public static void main(String[] arguments) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        folder = Path.of(arguments[0]);
        content = Files.readAllBytes(folder.resolve("content"));
        for (String line : Files.readAllLines(folder.resolve("wishes"))) {
            String[] words = line.split(" ");
            Files.write(folder.resolve(words[0] + ".der"), make(words));
        }
    }

    static byte[] make(String[] words) throws Exception {
        switch (words[1]) {
            case "sign": return sign(Arrays.copyOfRange(words, 2, words.length));
            case "compress": return new CMSCompressedDataGenerator().generate(typed(), new ZlibCompressor()).getEncoded();
            default: return seal(words);
        }
    }

    static CMSTypedData typed() { return new CMSProcessableByteArray(content); }

    static X509Certificate certificate(String who) throws Exception {
        try (InputStream in = Files.newInputStream(folder.resolve(who + ".crt"))) {
            return (X509Certificate) CertificateFactory.getInstance("X.509", "BC").generateCertificate(in);
        }
    }

    static PrivateKey key(String who) throws Exception {
        return BouncyCastleProvider.getPrivateKey(
            PrivateKeyInfo.getInstance(Files.readAllBytes(folder.resolve(who + ".key"))));
    }

    static byte[] identifier(String who) throws Exception {
        byte[] value = certificate(who).getExtensionValue("2.5.29.14");
        return ((ASN1OctetString) JcaX509ExtensionUtils.parseExtensionValue(value)).getOctets();
    }

    /** Words: who:algorithm[:direct][:named-by-key-identifier] …, and "stream" or "counter". */
    static byte[] sign(String[] words) throws Exception {
        CMSSignedDataGenerator whole = new CMSSignedDataGenerator();
        CMSSignedDataStreamGenerator stream = new CMSSignedDataStreamGenerator();
        stream.setBufferSize(7);
        List<String> flags = new ArrayList<>();
        for (String word : words) {
            if (!word.contains(":")) { flags.add(word); continue; }
            List<String> parts = Arrays.asList(word.split(":"));
            SignerInfoGenerator signer = signer(parts);
            whole.addSignerInfoGenerator(signer);
            stream.addSignerInfoGenerator(signer);
            whole.addCertificate(new JcaX509CertificateHolder(certificate(parts.get(0))));
            stream.addCertificate(new JcaX509CertificateHolder(certificate(parts.get(0))));
        }
        if (flags.contains("stream")) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            try (OutputStream in = stream.open(out, true)) { in.write(content); }
            return out.toByteArray();
        }
        CMSSignedData signed = whole.generate(typed(), true);
        if (flags.contains("counter")) {
            SignerInformation first = signed.getSignerInfos().iterator().next();
            first = SignerInformation.addCounterSigners(first, whole.generateCounterSigners(first));
            signed = CMSSignedData.replaceSigners(signed, new SignerInformationStore(first));
        }
        return signed.getEncoded();
    }

    static SignerInfoGenerator signer(List<String> parts) throws Exception {
        String who = parts.get(0);
        ContentSigner signer = new JcaContentSignerBuilder(parts.get(1)).setProvider("BC").build(key(who));
        JcaSignerInfoGeneratorBuilder builder = new JcaSignerInfoGeneratorBuilder(
            new JcaDigestCalculatorProviderBuilder().setProvider("BC").build());
        builder.setDirectSignature(parts.contains("direct"));
        return parts.contains("by-key") ? builder.build(signer, identifier(who)) : builder.build(signer, certificate(who));
    }

    /** Words: name, cipher as dotted identifier, recipient, and "attributes" or "stream". */
    static byte[] seal(String[] words) throws Exception {
        List<String> flags = Arrays.asList(words);
        OutputEncryptor encryptor =
            new JceCMSContentEncryptorBuilder(new ASN1ObjectIdentifier(words[1])).setProvider("BC").build();
        RecipientInfoGenerator recipient = recipient(words[2].split(":"));
        if (encryptor instanceof OutputAEADEncryptor) {
            CMSAuthEnvelopedDataGenerator generator = new CMSAuthEnvelopedDataGenerator();
            generator.addRecipientInfoGenerator(recipient);
            if (flags.contains("attributes")) {
                generator.setAuthenticatedAttributeGenerator(new SimpleAttributeTableGenerator(attributes()));
            }
            return generator.generate(typed(), (OutputAEADEncryptor) encryptor).getEncoded();
        }
        if (flags.contains("stream")) {
            CMSEnvelopedDataStreamGenerator generator = new CMSEnvelopedDataStreamGenerator();
            generator.setBufferSize(5);
            generator.addRecipientInfoGenerator(recipient);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            try (OutputStream in = generator.open(out, encryptor)) { in.write(content); }
            return out.toByteArray();
        }
        CMSEnvelopedDataGenerator generator = new CMSEnvelopedDataGenerator();
        generator.addRecipientInfoGenerator(recipient);
        return generator.generate(typed(), encryptor).getEncoded();
    }

    static org.bouncycastle.asn1.cms.AttributeTable attributes() {
        ASN1EncodableVector all = new ASN1EncodableVector();
        all.add(new org.bouncycastle.asn1.cms.Attribute(
            new ASN1ObjectIdentifier("1.2.3.4.5"), new DERSet(new DERUTF8String("later in the order"))));
        all.add(new org.bouncycastle.asn1.cms.Attribute(
            CMSAttributes.contentType, new DERSet(CMSObjectIdentifiers.data)));
        return new org.bouncycastle.asn1.cms.AttributeTable(all);
    }

    static RecipientInfoGenerator recipient(String[] parts) throws Exception {
        String who = parts[1];
        switch (parts[0]) {
            case "v15":
                return new JceKeyTransRecipientInfoGenerator(certificate(who)).setProvider("BC");
            case "oaep":
                OAEPParameterSpec wanted = new OAEPParameterSpec(parts[2], "MGF1", new MGF1ParameterSpec(parts[3]),
                    parts.length > 4 ? new PSource.PSpecified(parts[4].getBytes()) : PSource.PSpecified.DEFAULT);
                AlgorithmIdentifier oaep = new JcaAlgorithmParametersConverter()
                    .getAlgorithmIdentifier(PKCSObjectIdentifiers.id_RSAES_OAEP, wanted);
                return new JceKeyTransRecipientInfoGenerator(certificate(who), oaep).setProvider("BC");
            case "agree":
                KeyPairGenerator pairs = KeyPairGenerator.getInstance("EC", "BC");
                pairs.initialize(((ECPublicKey) certificate(who).getPublicKey()).getParams());
                KeyPair pair = pairs.generateKeyPair();
                JceKeyAgreeRecipientInfoGenerator agree = new JceKeyAgreeRecipientInfoGenerator(
                    new ASN1ObjectIdentifier(parts[2]), pair.getPrivate(), pair.getPublic(),
                    new ASN1ObjectIdentifier(parts[3])).setProvider("BC");
                if (parts.length > 4) { agree.setUserKeyingMaterial(parts[4].getBytes()); }
                return agree.addRecipient(certificate(who));
            case "shared":
                byte[] key = HexFormat.of().parseHex(who);
                return new JceKEKRecipientInfoGenerator("ours".getBytes(), new SecretKeySpec(key, parts[2])).setProvider("BC");
            default:
                return new JcePasswordRecipientInfoGenerator(new ASN1ObjectIdentifier(parts[2]), who.toCharArray())
                    .setProvider("BC").setPRF(PasswordRecipient.PRF.HMacSHA384)
                    .setPasswordConversionScheme(PasswordRecipient.PKCS5_SCHEME2_UTF8);
        }
    }
}
