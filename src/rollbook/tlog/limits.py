"""What a proof cannot show, in plain words.

Printed with every verdict and in the portal. Section 19 of the specification.
"""

from typing import Final

LIMITS: Final = (
    "that the authority logged every use. It shows that a use without an entry has no receipt.",
    "that the authority put the right pupils in a set. It fixes one statement, the same for everyone; whether it is "
    "true needs somebody who sees the file: the recipient or the regulator.",
    "that the facts beside an entry (purpose, recipient, items) are true.",
    "that an identifier is the person who asks, or that a pupil has only one identifier.",
    "that a recipient keeps to its agreement afterwards.",
    "that released tables are harmless or correct. The log binds their files and the checks claimed, no more.",
    "that a look-up in another service was recorded, between its answer and the entry of its day.",
)
