#!/bin/sh
# Makes sure that a Chromium or Chrome is installed for the browser tests: through apt when we may, else says so.
for name in chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing Debian's chromium for the browser tests"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null && exit 0
fi
echo "The browser tests need Chromium or Chrome, and none was found." >&2
echo "  Install one (Debian or Ubuntu: sudo apt-get install chromium), then run make test again." >&2
exit 1
