#!/bin/sh
# Makes sure that a browser is installed for the browser tests: through apt when we may, else says so. Debian's
# headless shell of Chromium is preferred: it has no windows of its own, and opens a page for a third of the work.
have() {
    command -v chromium-headless-shell >/dev/null 2>&1 && return 0
    [ "$1" = any ] || return 1
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        command -v "$name" >/dev/null 2>&1 && return 0
    done
    return 1
}
get() {
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$1" >/dev/null 2>&1
}

have shell && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing Debian's chromium-headless-shell for the browser tests"
    get chromium-headless-shell && exit 0
    have any && exit 0
    apt-get update -qq
    get chromium-headless-shell && exit 0
    get chromium && exit 0
fi
have any && exit 0
echo "The browser tests need Chromium or Chrome, and none was found." >&2
echo "  Install one (Debian or Ubuntu: sudo apt-get install chromium), then run make test again." >&2
exit 1
