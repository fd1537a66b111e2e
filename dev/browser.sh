#!/bin/sh
# The page tests drive Debian's Chromium. Installed already: fine. Root: install it. Otherwise: say what to install, and fail.
set -u
command -v chromium >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing chromium for the page tests"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; } >/dev/null 2>&1
  command -v chromium >/dev/null 2>&1 && exit 0
fi
echo "The page tests need Chromium. Install it: sudo apt-get install chromium" >&2
exit 1
