#!/usr/bin/env bash
# Puts the files of the worked example into docs/add-experiment.md, between the lines
#   <!-- file: examples/more-digits/NAME -->
# and the end of the code block that follows.
set -euo pipefail
cd "$(dirname "$0")/.."
page=docs/add-experiment.md
awk '
  /^<!-- file: / {
    print
    file = $3
    language = file ~ /[.]cpp$/ ? "cpp" : file ~ /[.]toml$/ ? "toml" : "cmake"
    print "```" language
    while ((getline line < file) > 0) print line
    close(file)
    print "```"
    skipping = 1
    fences = 0
    next
  }
  skipping {
    if (/^```/ && ++fences == 2) skipping = 0
    next
  }
  { print }
' "$page" >"$page.partial"
mv "$page.partial" "$page"
