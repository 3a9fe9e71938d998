#!/bin/sh
# Name the interpreter to install with: the first of these that is built with optimizations, else `python3`.
# Version managers build without them unless told; distributions and the official images do not.
for candidate in python3 /usr/bin/python3; do
  if "$candidate" - "$candidate" 2> /dev/null <<'ASK'
import ensurepip, sys, sysconfig

built = sysconfig.get_config_var("CONFIG_ARGS") or ""
optimized = "--enable-optimizations" in built or sys.argv[1].startswith("/usr/bin/")
sys.exit(not (sys.version_info >= (3, 11) and optimized))
ASK
  then
    echo "$candidate"
    exit
  fi
done
echo python3
