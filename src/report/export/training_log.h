// metrics.jsonl, the log of a training, as curves.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "report/export/run_export.h"

namespace ersatz::report {

// One curve per number of the log's lines, named `prefix` + its key, in order of name; numbers in
// objects and lists are "key/inner" and "key/0". null and the words NaN, Infinity and -Infinity
// (what JSON cannot say) are such values; other words and truth values are left out. A last line
// without its end, as a killed training leaves it, is left out with a line in `warnings`. Of
// several lines with one step the last one counts. Error::missing, Error::untrusted (30) for any
// other line that is no object or has no whole "step", names longer than 1024 bytes and more than
// 10,000 curves.
std::vector<Curve> read_training_log(const std::filesystem::path& file, const std::string& prefix,
                                     std::vector<std::string>& warnings);

}  // namespace ersatz::report
