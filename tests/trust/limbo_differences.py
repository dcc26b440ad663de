"""Where we answer another than x509-limbo expects, by reason. The suite tests clients of web servers."""

DIFFERENCES: dict[str, tuple[str, ...]] = {
    ("Wrong is the name of a web server. Mail compares addresses, which is the business of address_match."): (
        "cve::cve-2025-61727",
        "rfc5280::nc::nc-permits-invalid-dns-san",
        "rfc5280::nc::nc-forbids-dnsname-wildcard-san",
        "rfc5280::san::underscore-dns",
        "rfc5280::san::ip-in-dns",
        "rfc5280::ca-as-leaf-wrong-san",
        "webpki::cn::ipv4-hex-mismatch",
        "webpki::cn::ipv4-leading-zeros-mismatch",
        "webpki::cn::ipv6-uppercase-mismatch",
        "webpki::cn::ipv6-uncompressed-mismatch",
        "webpki::cn::ipv6-non-rfc5952-mismatch",
        "webpki::cn::punycode-not-in-san",
        "webpki::cn::utf8-vs-punycode-mismatch",
        "webpki::cn::not-in-san",
        "webpki::cn::case-mismatch",
        "webpki::san::mismatch-domain-san",
        "webpki::san::mismatch-subdomain-san",
        "webpki::san::mismatch-subdomain-apex-san",
        "webpki::san::mismatch-apex-subdomain-san",
        "webpki::san::public-suffix-wildcard-san",
        "webpki::san::public-suffix-multi-label-wildcard-san",
        "webpki::san::public-suffix-private-namespace-wildcard-san",
        "webpki::san::wildcard-embedded-leftmost-san",
        "webpki::san::wildcard-not-in-leftmost-san",
        "webpki::san::wildcard-match-across-labels-san",
        "webpki::san::wildcard-embedded-ulabel-san",
        "webpki::san::no-san",
        "webpki::san::san-critical-with-nonempty-subject",
        "webpki::san::san-wildcard-only",
        "webpki::san::san-wildcard-only-tld",
        "webpki::ca-as-leaf",
    ),
    (
        "RFC 5280 or the web's baseline binds the authority that issues to a form, not the reader "
        "to refuse others; the signatures and all constraints hold."
    ): (
        "crl::crlnumber-missing",
        "crl::crlnumber-critical",
        "rfc5280::aki::critical-aki",
        "rfc5280::aki::leaf-missing-aki",
        "rfc5280::aki::intermediate-missing-aki",
        "rfc5280::aki::cross-signed-root-missing-aki",
        "rfc5280::nc::permitted-dns-match-noncritical",
        "rfc5280::nc::not-allowed-in-ee-noncritical",
        "rfc5280::nc::not-allowed-in-ee-critical",
        "rfc5280::pc::ica-noncritical-pc",
        "rfc5280::san::noncritical-with-empty-subject",
        "rfc5280::serial::too-long",
        "rfc5280::serial::zero",
        "rfc5280::serial::negative",
        "rfc5280::ski::root-missing-ski",
        "rfc5280::ski::intermediate-missing-ski",
        "rfc5280::leaf-ku-keycertsign",
        "rfc5280::ee-critical-aia-invalid",
        "webpki::aki::root-with-aki-missing-keyidentifier",
        "webpki::aki::root-with-aki-authoritycertissuer",
        "webpki::aki::root-with-aki-authoritycertserialnumber",
        "webpki::aki::root-with-aki-all-fields",
        "webpki::aki::root-with-aki-ski-mismatch",
        "webpki::eku::root-has-eku",
        "webpki::nc::intermediate-permitted-excluded-subtrees-both-null",
        "webpki::nc::intermediate-permitted-excluded-subtrees-both-empty-sequences",
        "webpki::v1-cert",
    ),
    (
        "RFC 5280 section 6.1.1 (d): the anchor is a name and a key that somebody decided to trust; "
        "what else its certificate says of itself is not judged, save its dates and its name "
        "constraints."
    ): (
        "rfc5280::unknown-critical-extension-root",
        "rfc5280::root-non-critical-basic-constraints",
        "rfc5280::root-inconsistent-ca-extensions",
        "webpki::forbidden-p192-root",
        "webpki::forbidden-rsa-not-divisible-by-8-in-root",
    ),
    ("The leaf's own purposes and key are judged by the profile for mail, not by the path."): (
        "rfc5280::eku::ee-wrong-eku",
        "webpki::eku::ee-anyeku",
        "webpki::eku::ee-critical-eku",
        "webpki::eku::ee-without-eku",
        "webpki::explicit-curve",
        "webpki::forbidden-p192-leaf",
        "webpki::forbidden-dsa-leaf",
        "webpki::forbidden-weak-rsa-in-leaf",
        "webpki::forbidden-rsa-key-not-divisible-by-8-in-leaf",
        "webpki::ee-basicconstraints-ca",
    ),
    ("The limit on the length of a chain counts every authority here, one that certifies itself too."): (
        "pathlen::max-chain-depth-1-self-issued",
    ),
    ("Technically valid, says the suite, and costly in others. Ours answers in time."): ("pathological::nc-dos-3",),
    (
        "The validation library cannot compare IP addresses with a constraint, so nothing is said; certificates for "
        "mail do not carry them."
    ): (
        "rfc5280::nc::permitted-ipv4-match",
        "rfc5280::nc::permitted-ipv6-match",
    ),
}
