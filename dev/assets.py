"""Takes what Rollbook serves of the design system out of node_modules, into var/assets.

The crest and the New Transport typeface may only be used on GOV.UK, so the style sheet is given the system's own
typefaces and loses the crest before it is served.
"""

import re
import sys
from pathlib import Path

SOURCE = Path("node_modules/govuk-frontend/dist/govuk")
TARGET = Path("var/assets")
TYPEFACES = 'system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",Ubuntu,Cantarell,"Helvetica Neue",arial,sans-serif'


def own_look(css: str) -> str:
    """The style sheet without the typeface and crest of GOV.UK."""
    css = re.sub(r"@font-face\{[^}]*\}", "", css)
    css = css.replace("GDS Transport,arial,sans-serif", TYPEFACES)
    css = re.sub(r"url\(/assets/images/govuk-crest\.svg\)", "none", css)
    return re.sub(r"/\*# sourceMappingURL=.*?\*/", "", css)


def main() -> int:
    """Write the two files; 1 when node_modules does not hold the design system."""
    if not SOURCE.is_dir():
        print("The design system is missing: run `make assets`.", file=sys.stderr)
        return 1
    TARGET.mkdir(parents=True, exist_ok=True)
    css = own_look((SOURCE / "govuk-frontend.min.css").read_text())
    (TARGET / "govuk-frontend.min.css").write_text(css)
    script = (SOURCE / "govuk-frontend.min.js").read_text()
    (TARGET / "govuk-frontend.min.js").write_text(re.sub(r"//# sourceMappingURL=.*", "", script))
    return 0


if __name__ == "__main__":
    sys.exit(main())
