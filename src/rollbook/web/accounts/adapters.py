"""How the sign-in library behaves here: no sign-up, no mail of its own, second factors encrypted in the database."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest

from rollbook.services.platform.keys import open_keys


class OpenAccounts(AuthenticationBackend):  # type: ignore[misc]
    """Signs in to accounts that are open. A closed one answers as a wrong password does, and counts as one."""

    @classmethod
    def _stash_user(cls, user: Any) -> Any:
        """The library keeps who is closed, to lead them to a page that says so; whoever left learns no such thing."""
        return super()._stash_user(None)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts start from a letter or from an operator; this library only signs them in."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "This e-mail address and password do not belong together. Check both and try again.",
        "too_many_login_attempts": "Too many tries. Wait five minutes and try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: an account is always somebody the authority already knows."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Nothing leaves from here: messages to people are deeds of `rollbook.services`."""

    def is_reauthentication_required(self, *, app: str, **kwargs: object) -> bool:
        """No: the one page of the library that would ask is the second factor's, minutes after the password."""
        return False

    def add_message(self, *args: object, **kwargs: object) -> None:
        """Pages say themselves what happened."""


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Authenticator apps, with their secrets under a key that only the web process has."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "This code is not right, or was used before. Type the one your app shows now."
    }

    def encrypt(self, text: str) -> str:
        """For the database."""
        return open_keys(settings.ROLLBOOK).hide_second_factor(text)

    def decrypt(self, encrypted_text: str) -> str:
        """From the database."""
        return open_keys(settings.ROLLBOOK).show_second_factor(encrypted_text)

    def can_delete_authenticator(self, authenticator: object) -> bool:
        """No page removes a second factor; an operator does, after checking who asks."""
        return False


def display(user: Any) -> str:
    """What the library calls an account: its number, so that no name reaches its messages."""
    return str(user.pk)
