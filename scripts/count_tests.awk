# Counts the tests of a run: count_tests.awk LastTest.log test.log, CTest's record (with the output of
# every program) and what it printed. Names those that failed or were skipped, ends with the three
# numbers; exit 1 when one failed. An entry of CTest may hold many tests of GoogleTest.

# "program.Suite.Test" of a line of GoogleTest's; the entry's name begins with the program's.
function name_of(line, entry) {
  sub(/^\[[ A-Z]*\] /, "", line)
  sub(/[ ,].*/, "", line)
  sub(/\..*/, "", entry)
  return entry "." line
}

FNR == 1 { ++file }

# Names may have blanks.
file == 1 && /^[0-9]+\/[0-9]+ Testing: / { entry = $0; sub(/^[0-9]+\/[0-9]+ Testing: /, "", entry) }
file == 1 && /^\[ RUN      \] / { ++begun[entry]; running[entry] = name_of($0, entry) }
file == 1 && /^\[       OK \] .* \([0-9]+ ms\)$/ { ++passed; running[entry] = "" }
file == 1 && /^\[  SKIPPED \] .* \([0-9]+ ms\)$/ { skipped_names[++skipped] = name_of($0, entry); running[entry] = "" }
file == 1 && /^\[  FAILED  \] .* \([0-9]+ ms\)$/ { failed_names[++failed] = name_of($0, entry); ++bad[entry]; running[entry] = "" }

# " 3/20 Test #5: name ....   Passed    0.01 sec". A program that failed without a failed test ended in
# one, or is none of GoogleTest; one that ended in a test has failed whatever its exit status.
file == 2 && /^ *[0-9]+\/[0-9]+ Test +#[0-9]+: / {
  entry = $0
  sub(/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: /, "", entry)
  if (!match(entry, / \.\.+( +Passed|\*\*\*|[A-Z][a-z ]*\*\*\*)/)) next
  status = substr(entry, RSTART + 1)
  sub(/^\.*/, "", status)
  entry = substr(entry, 1, RSTART - 1)
  if (status ~ /^ *Passed/ && running[entry] == "") {
    if (!begun[entry]) ++passed
  } else if (status ~ /\*\*\*Skipped|\(Disabled\)/) {
    if (!begun[entry]) skipped_names[++skipped] = entry
  } else if (!bad[entry]) {
    failed_names[++failed] = entry (running[entry] != "" ? ": ended in " running[entry] : "")
  }
}

END {
  if (skipped > 0) print "skipped (each says why when run alone):"
  for (i = 1; i <= skipped; ++i) print "  " skipped_names[i]
  if (failed > 0) print "failed:"
  for (i = 1; i <= failed; ++i) print "  " failed_names[i]
  printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
  exit failed > 0
}
