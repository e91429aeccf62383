#!/bin/sh
# Played as wrangler by scripts/deploy's tests: hands on what it was given, and says what it is told to (fake-cloudflare.ts).
# A shell, because Node takes far longer to start, and it is called some hundred times.
cat "/proc/$$/environ" > "$FAKE_CLOUDFLARE/environment"
printf '%s\0' "$PWD" "$@" > "$FAKE_CLOUDFLARE/arguments"
if [ "$1 $2" = "secret bulk" ]; then cat > "$FAKE_CLOUDFLARE/input"; fi
echo "$$" > "$FAKE_CLOUDFLARE/called"
# An answer to a call that was ended before it came is nobody's.
while [ "$caller" != "$$" ]; do read -r caller code; done < "$FAKE_CLOUDFLARE/answered"
cat "$FAKE_CLOUDFLARE/stdout"
cat "$FAKE_CLOUDFLARE/stderr" >&2
exit "$code"
