#!/bin/sh
# Type-checks the package as users meet it: mypy cannot follow an editable install's import hook, so we install a copy.
set -eu
: "${tools:=.venv/bin}"
rm -rf build/typed
"$tools/python" -m pip --disable-pip-version-check install --quiet --no-deps --target build/typed .
# A stray build/lib would be packed again by the next wheel.
rm -rf build/lib build/bdist.*
cd build/typed
MYPYPATH=. "$OLDPWD/$tools/mypy" --config-file "$OLDPWD/setup.cfg" -p totalplace
