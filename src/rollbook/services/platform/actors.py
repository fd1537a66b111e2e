"""Who does a deed, and through which door.

Deeds that need a person (a panel's decision, a checker's verdict, a gateway confirmation, acting for a child) exist
only in a signed-in session with a second factor. A command of the operator is never such a session, so it cannot
stand in for one.
"""

from dataclasses import dataclass, field
from typing import Literal

from rollbook.kernel.refusals import AccessDenied, Reason
from rollbook.policy.roles import Role

__all__ = ["Actor", "Channel", "Role", "operator", "require_role", "require_session", "system"]

Channel = Literal["web", "command", "process"]


@dataclass(frozen=True, slots=True)
class Actor:
    """The doer of a deed. `account_id` is None for commands, processes and the unsigned public.

    `connection` is the network address a page was asked for from, and `device` the key that the browser showed.
    """

    role: Role | None
    channel: Channel
    account_id: int | None = None
    second_factor: bool = False
    connection: str = ""
    device: str = field(default="", repr=False)

    @property
    def label(self) -> str:
        """How the audit row names the doer: role and account number, never a name."""
        role = self.role.value if self.role else "public"
        return f"{role}:{self.account_id}" if self.account_id is not None else f"{role}@{self.channel}"


def operator() -> Actor:
    """Whoever runs a command on the authority's machine."""
    return Actor(role=Role.OPERATOR, channel="command")


def system() -> Actor:
    """A background process of Rollbook itself."""
    return Actor(role=Role.SYSTEM, channel="process")


def require_role(by: Actor, *roles: Role) -> None:
    """Refuse unless `by` acts in one of `roles`.

    Raises:
        AccessDenied: with code `role`.
    """
    if by.role not in roles:
        raise AccessDenied(Reason("role", "You do not have the role this needs", mend=f"It needs: {_words(roles)}."))


def require_session(by: Actor, *roles: Role) -> int:
    """Refuse unless `by` is one of `roles`, signed in on the web with a second factor; gives the account's number.

    Raises:
        AccessDenied: with code `role`, `session` or `second-factor`.
    """
    require_role(by, *roles)
    if by.channel != "web" or by.account_id is None:
        mend = "Sign in on the web pages with a second factor; no command can do this."
        raise AccessDenied(Reason("session", "This needs a person in a signed-in session", mend=mend))
    if not by.second_factor:
        mend = "Sign in again and give the code from your authenticator."
        raise AccessDenied(Reason("second-factor", "This needs a second factor", mend=mend))
    return by.account_id


def _words(roles: tuple[Role, ...]) -> str:
    return ", ".join(role.value.replace("-", " ") for role in roles)
