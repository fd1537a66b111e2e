"""What an installation may set, read once from the environment into one frozen value.

Every setting is listed in docs/how-to/settings.md; a test compares the two. Nothing else in Rollbook reads the
environment.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal, cast, get_args
from urllib.parse import urlsplit

from rollbook.kernel.refusals import Reason, SetupFailed

# `owner` is the process that changes the shape of the database (setup, migrate); it does no deed.
Process = Literal["web", "jobs", "log", "operator", "owner"]

# What the log's writer does with a state that too few witnesses have cosigned.
WhenAway = Literal["wait", "publish"]

# Root may not run PostgreSQL, and the user that may cannot reach a folder under another user's home: as root the
# embedded server and the sandbox's working folder live here, whatever ROLLBOOK_DATA says.
ROOT_HOME = Path("/var/lib/rollbook")

LONGEST_SHORT_URL = 60
LONGEST_HELP_PHONE = 80
_TYPED = re.compile(r"[a-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~-]+)*", re.IGNORECASE)

SETTINGS: Mapping[str, str] = {
    "ROLLBOOK_DATA": "folder of the data: study tables, populations, the log; as root /var/lib/rollbook/main",
    "ROLLBOOK_KEYS": "folder of the keys; production refuses one inside the data folder",
    "ROLLBOOK_PROCESS": "which process this is: web, jobs, log, operator or owner; set by the commands themselves",
    "ROLLBOOK_PRODUCTION": "1 for production: secure cookies, no demonstration accounts, keys apart from data",
    "ROLLBOOK_PUBLIC_URL": "address people use, without a slash at the end",
    "ROLLBOOK_SHORT_URL": "short address that leads to the page where an account is started, as a letter prints it"
    " to be typed, such as records.example/start; the public address with /start when not set",
    "ROLLBOOK_HELP_PHONE": "phone number, and hours if you like, at which people get help with their account; printed"
    " on letters and shown below every page",
    "ROLLBOOK_LOG_ORIGIN": "origin line of the public log; from the public address when not set",
    "ROLLBOOK_WITNESSES": "file with the witness, group and quorum lines of the log's policy; production needs one",
    "ROLLBOOK_WITNESSES_AWAY": "while too few witnesses answer: wait (nothing new is shown) or publish (new entries are"
    " shown as not yet witnessed); releases wait in either case",
    "ROLLBOOK_SMTP": "server that sends notices: starttls://user@host:587, smtps://user@host:465, or smtp://127.0.0.1:25"
    " for a relay on this machine; while not set, notices stay in the folder `outbox` of the data",
    "ROLLBOOK_SMTP_FROM": "address that notices come from; needed with ROLLBOOK_SMTP",
    "ROLLBOOK_SMTP_PASSWORD_FILE": "file with the password of the user in ROLLBOOK_SMTP",
    "ROLLBOOK_BIND": "address and port the web server listens on",
    "ROLLBOOK_DATABASE_FSYNC": "off only for a throwaway embedded server; refused in production",
    "ROLLBOOK_ASSETS": "folder of the design system's files, made by `make`; var/assets of the checkout when not set",
    "DATABASE_URL": "a PostgreSQL server to use in place of the embedded one: postgresql://administrator@host:port/name",
}


@dataclass(frozen=True, slots=True)
class Smtp:
    """The server that sends notices. `security` is `starttls`, `smtps`, or `smtp` for a relay on this machine."""

    security: str
    host: str
    port: int
    user: str
    sender: str
    password_file: Path | None


@dataclass(frozen=True, slots=True)
class Config:
    """One installation, seen from one process. Folders need not exist yet; `keys.create` and `embedded` make them."""

    data: Path
    keys: Path
    process: Process
    production: bool
    public_url: str
    log_origin: str
    bind: str
    database_url: str | None
    durable: bool
    assets: Path
    witnesses: Path | None = None
    witnesses_away: WhenAway = "wait"
    smtp: Smtp | None = None
    short_url: str = ""
    help_phone: str = ""

    @property
    def home(self) -> Path:
        """Folder for what an unprivileged user must reach: the data folder, or as root one under /var/lib/rollbook."""
        if os.geteuid() != 0 or ROOT_HOME in self.data.parents:
            return self.data
        return ROOT_HOME / f"{self.data.name[:24]}-{sha256(str(self.data).encode()).hexdigest()[:8]}"

    @property
    def cluster(self) -> Path:
        """Folder of the embedded PostgreSQL server: its data, its socket and its own log."""
        return self.home / "postgres"

    @property
    def scratch(self) -> Path:
        """Folder for extracts and sandboxes, reachable (not readable) by any user of the machine."""
        return self.home / "scratch"

    @property
    def log(self) -> Path:
        """Folder of the public log, served as it is under /log/."""
        return self.data / "log"

    @property
    def study(self) -> Path:
        """Folder of the Delta tables."""
        return self.data / "study"


def load(environ: Mapping[str, str] | None = None, *, process: Process | None = None) -> Config:
    """Read the settings.

    Raises:
        SetupFailed: naming the setting that is wrong, and every production rule that is broken.
    """
    env = os.environ if environ is None else environ
    public_url = env.get("ROLLBOOK_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
    config = Config(
        data=_folder(env, "ROLLBOOK_DATA", _default_data()),
        keys=_folder(env, "ROLLBOOK_KEYS", _default_keys()),
        process=process or _process(env.get("ROLLBOOK_PROCESS", "operator")),
        production=_flag(env, "ROLLBOOK_PRODUCTION"),
        public_url=public_url,
        log_origin=env.get("ROLLBOOK_LOG_ORIGIN") or _origin(public_url),
        bind=_bind(env.get("ROLLBOOK_BIND", "127.0.0.1:8000")),
        database_url=env.get("DATABASE_URL") or None,
        durable=env.get("ROLLBOOK_DATABASE_FSYNC", "on") != "off",
        assets=_folder(env, "ROLLBOOK_ASSETS", Path(__file__).parents[4] / "var" / "assets"),
        witnesses=Path(env["ROLLBOOK_WITNESSES"]).absolute() if env.get("ROLLBOOK_WITNESSES") else None,
        witnesses_away=_when_away(env.get("ROLLBOOK_WITNESSES_AWAY") or "wait"),
        smtp=_smtp(env),
        short_url=_short_url(env.get("ROLLBOOK_SHORT_URL", "")) or f"{public_url.partition('://')[2]}/start",
        help_phone=_help_phone(env.get("ROLLBOOK_HELP_PHONE", "")),
    )
    _refuse_unsafe(config)
    return config


def take_over(values: Mapping[str, str]) -> None:
    """Make `values` the only settings of this process and of those it starts: for the demonstration."""
    for name in SETTINGS:
        os.environ.pop(name, None)
    os.environ.update(values)


def _default_data() -> Path:
    return ROOT_HOME / "main" if os.geteuid() == 0 else Path.home() / ".local/share/rollbook"


def _default_keys() -> Path:
    return Path("/etc/rollbook/keys") if os.geteuid() == 0 else Path.home() / ".config/rollbook/keys"


def _folder(env: Mapping[str, str], name: str, default: Path) -> Path:
    return Path(env[name]).expanduser().absolute() if env.get(name) else default


def _process(name: str) -> Process:
    if name not in get_args(Process):
        mend = f"Use one of: {', '.join(get_args(Process))}."
        raise SetupFailed(Reason("process", "ROLLBOOK_PROCESS is not a process of Rollbook", mend=mend))
    return cast(Process, name)


def _when_away(word: str) -> WhenAway:
    if word not in get_args(WhenAway):
        mend = f"Use one of: {', '.join(get_args(WhenAway))}."
        raise SetupFailed(Reason("setting", "This is not a setting", where="ROLLBOOK_WITNESSES_AWAY", mend=mend))
    return cast(WhenAway, word)


def _flag(env: Mapping[str, str], name: str) -> bool:
    value = env.get(name, "0").lower()
    if value not in {"0", "1", ""}:
        raise SetupFailed(Reason("setting", "This setting is 0 or 1", where=name))
    return value == "1"


def _bind(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 2**16:
        mend = "Write an address and a port, for example 127.0.0.1:8000."
        raise SetupFailed(Reason("setting", "This is not an address and a port", where="ROLLBOOK_BIND", mend=mend))
    return text


def _short_url(text: str) -> str:
    """As it is typed: without https://, which only makes it longer."""
    text = text.strip().removeprefix("https://").rstrip("/")
    if text and (not _TYPED.fullmatch(text) or len(text) > LONGEST_SHORT_URL):
        mend = f"Write a name and a path, such as records.example/start, of at most {LONGEST_SHORT_URL} characters."
        raise SetupFailed(Reason("setting", "This is not an address to type", "ROLLBOOK_SHORT_URL", mend))
    return text


def _help_phone(text: str) -> str:
    text = " ".join(text.split())
    if text and (len(text) > LONGEST_HELP_PHONE or sum(sign.isdigit() for sign in text) < 3 or not text.isprintable()):
        mend = f"Write the number and perhaps the hours, in at most {LONGEST_HELP_PHONE} characters."
        raise SetupFailed(Reason("setting", "This is not a phone number", "ROLLBOOK_HELP_PHONE", mend))
    return text


def _smtp(env: Mapping[str, str]) -> Smtp | None:
    if not env.get("ROLLBOOK_SMTP"):
        return None
    try:
        parts = urlsplit(env["ROLLBOOK_SMTP"])
        host, port = parts.hostname or "", parts.port or 0
    except ValueError:
        host, port = "", 0
    # In the clear only to this very machine.
    secure = parts.scheme in {"starttls", "smtps"} or host in {"127.0.0.1", "::1", "localhost"}
    if not host or not port or not secure or parts.scheme not in {"starttls", "smtps", "smtp"}:
        mend = "Write starttls://user@host:587; smtp:// is for a relay on this machine alone."
        raise SetupFailed(Reason("setting", "This is not a mail server", where="ROLLBOOK_SMTP", mend=mend))
    sender = env.get("ROLLBOOK_SMTP_FROM", "")
    if sender.count("@") != 1 or any(sign.isspace() for sign in sender):
        raise SetupFailed(Reason("setting", "This is not an address to send from", where="ROLLBOOK_SMTP_FROM"))
    file = env.get("ROLLBOOK_SMTP_PASSWORD_FILE")
    return Smtp(parts.scheme, host, port, parts.username or "", sender, Path(file).absolute() if file else None)


def _origin(public_url: str) -> str:
    parts = urlsplit(public_url)
    if not parts.netloc:
        raise SetupFailed(Reason("setting", "This is not an address", where="ROLLBOOK_PUBLIC_URL"))
    return f"{parts.netloc}{parts.path}/log"


def _refuse_unsafe(config: Config) -> None:
    if not config.production:
        return
    checks = (
        (_inside(config.keys, config.data) or _inside(config.data, config.keys), "ROLLBOOK_KEYS",
         "Keys and data may not lie in one folder, or a copy of the data would carry its keys"),
        (not config.public_url.startswith("https://"), "ROLLBOOK_PUBLIC_URL", "The public address must be https"),
        (not config.durable, "ROLLBOOK_DATABASE_FSYNC", "A database that may lose a commit cannot keep a public log"),
    )  # fmt: skip
    reasons = [Reason("production", message, where=name) for broken, name, message in checks if broken]
    if reasons:
        raise SetupFailed(reasons)


def _inside(inner: Path, outer: Path) -> bool:
    inner, outer = inner.resolve(), outer.resolve()
    return inner == outer or outer in inner.parents
