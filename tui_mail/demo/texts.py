"""The words of the demo's everyday mail."""

from tui_mail.demo.clinic import BEA, CARL, JULE, YOU

WEEKLY = (
    "Medical Weekly {issue}\n\nThis issue: sleep, salt and stairs.\nRead it at https://medical-weekly.example/{issue}\n"
)

NEWSLETTER = """<!doctype html>
<html><head><title>Medical Weekly {issue}</title><style>p {{ color: #333 }}</style></head><body>
<div style="display:none">Preview text that no reader should see</div>
<h1>Medical Weekly {issue}</h1>
<p>Good morning! <b>Three studies</b> that are worth your coffee.</p>
<h2>Sleep before a night shift</h2>
<p>Ninety minutes in the afternoon keep reaction times <i>steady until four</i>.
<a href="https://medical-weekly.example/{issue}/sleep">Read the study</a></p>
<h2>Salt, again</h2>
<ul><li>Less is better above six grams.</li><li>Below, the curve is flat.</li></ul>
<blockquote>“We expected more, and found less.”</blockquote>
<h2>Stairs</h2>
<table><tr><th>Floors a day</th><th>Events</th></tr><tr><td>0</td><td>14</td></tr><tr><td>5</td><td>9</td></tr></table>
<p><img src="https://tracker.example/pixel.gif" width="1" height="1" alt="">
<small>You get this mail because you asked for it.
<a href="https://medical-weekly.example/unsubscribe">Leave the list</a></small></p>
</body></html>
"""

INVITATION = (
    "Dear all,\n\ngrand rounds are on Thursday at 16:00 in the small hall. Carl presents three thorax pictures;\n"
    "bring your guesses.\n\nThis mail went through a list, so nobody signed it.\n"
)

THREADS = (
    (
        (BEA, YOU, BEA),
        "Room 12 on Friday",
        240.0,
        (
            "Dear Anna,\n\ncan we have room 12 on Friday from nine to eleven?\n\nBea\n",
            "Dear Bea,\n\nyes. Please tell the ward.\n\nAnna\n\n> can we have room 12 on Friday from nine to eleven?\n",
            "Done, thank you!\n\nBea\n\n> yes. Please tell the ward.\n",
        ),
    ),
    (
        (CARL, YOU, CARL, YOU, CARL),
        "Thorax picture, second reading",
        130.0,
        (
            "Anna,\n\nwould you read the thorax picture of Mr. Lund as well? I see a shadow on the left.\n\nCarl\n",
            "Carl,\n\nI see it too, but it moves with the ribs. Projection?\n\nAnna\n\n> I see a shadow on the left.\n",
            "Could be. I ask for a second picture from the side.\n\nCarl\n\n> Projection?\n",
            "Good. Send it encrypted, please.\n\nAnna\n\n> I ask for a second picture from the side.\n",
            "The side picture is clean. Thank you for the second pair of eyes.\n\nCarl\n",
        ),
    ),
    (
        (JULE, YOU, JULE),
        "Antenatal course",
        400.0,
        (
            "Dear Anna,\n\nwould you give one evening of the course again?\n\nJule\n",
            "Dear Jule,\n\nwith pleasure, the second one.\n\nAnna\n\n> would you give one evening again?\n",
            "Wonderful. I put your name on the sheet.\n\nJule\n",
        ),
    ),
)

PLAIN_MAIL = (
    (2.3, "Appointment on Monday?", "Good morning,\n\nis there a free appointment on Monday?\n\nKai Winter\n"),
    (28.0, "Re: Invoice", "Thank you, it has arrived.\n\nKai Winter\n"),
    (96.0, "Prescription", "Good morning,\n\nmay I have a new prescription, please?\n\nKai Winter\n"),
    (150.0, "Vaccination card", "Hello,\n\nI forgot my card with you. I fetch it on Friday.\n\nKai\n"),
    (260.0, "Thank you", "Dear team,\n\nthank you for last week. The leg is fine.\n\nKai Winter\n"),
)

SIGNED_MAIL = (
    ("bea", 4.1, "Visitors on Wednesday", "Anna,\n\ntwo visitors on Wednesday at ten.\n\nBea\n"),
    ("carl", 10.6, "Pictures of the week", "Anna,\n\nnine pictures. Look at number four.\n\nCarl\n"),
    ("hana", 22.0, "Form for case 91", "Dear Dr. Berg,\n\nplease sign the form for case 91.\n\nHana Ito\n"),
    ("bea", 36.0, "Keys of room 12", "The keys are at the desk again.\n\nBea\n"),
    ("carl", 52.0, "Lead aprons", "The new aprons are here. Lighter than they look.\n\nCarl\n"),
    ("bea", 75.0, "Fire drill on Tuesday", "Tuesday at eleven. Please leave by the stairs.\n\nBea\n"),
    ("hana", 99.0, "Case 77 is closed", "Dear Dr. Berg,\n\ncase 77 is closed.\n\nHana Ito\n"),
    ("bea", 140.0, "Coffee machine", "It works again. Thank Carl.\n\nBea\n"),
    ("carl", 166.0, "Conference in May", "Are you going? I would share a car.\n\nCarl\n"),
    ("bea", 190.0, "Holiday plan", "Please send me your wishes by Friday.\n\nBea\n"),
    ("hana", 230.0, "New forms from January", "Dear Dr. Berg,\n\nthe old forms end with the year.\n\nHana Ito\n"),
    ("carl", 250.0, "Which printer?", "The one by the window eats pictures. Take the other.\n\nCarl\n"),
    ("bea", 270.0, "Lost and found", "A red scarf is at the desk.\n\nBea\n"),
    ("carl", 320.0, "Duty on the 24th", "I take it, if you take the 31st.\n\nCarl\n"),
    ("hana", 350.0, "Case 64", "Dear Dr. Berg,\n\nwe have your letter.\n\nHana Ito\n"),
    ("bea", 380.0, "First aid course", "The list hangs at the desk.\n\nBea\n"),
    ("bea", 300.0, "Parking", "The yard is closed on the 5th.\n\nBea\n"),
)

SENT_MAIL = (
    (11.0, "Number four", "Carl,\n\nnumber four: I would ask for a side view.\n\nAnna\n"),
    (53.0, "Aprons", "Thank you! My back thanks you too.\n\nAnna\n"),
    (170.0, "Conference", "Gladly. You drive?\n\nAnna\n"),
)
