// A hostile or broken file, and the refusal it must meet: exit 30, an error that names what is
// wrong, in less than a second and less than 256 MB.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace ersatz::test {

struct Attack {
  std::string name;
  std::function<std::string()> bytes;  // of the file; made when it is needed
  std::string message;                 // part of the error
};

// Checks all of the above for `open`, which is given the file and should refuse it.
void expect_refused(const std::filesystem::path& file, const std::string& message,
                    const std::function<void(const std::filesystem::path&)>& open);

// The same for the bytes of each attack, written to a file and opened by models::open_weights.
void expect_refused(const std::vector<Attack>& attacks);

}  // namespace ersatz::test
