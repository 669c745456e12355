// What processes that were killed left beside a folder they were writing.
#pragma once

#include <filesystem>
#include <string>

namespace ersatz::core {

// Removes what writers of `target` left on this machine (core::is_abandoned). Where folders cannot
// be exchanged, replace_directory has a moment in which the old tree is set aside and the new one
// not yet in its place: an old tree left so is put back. Throws Error::io.
void remove_abandoned(const std::filesystem::path& target);

// Under partial_path() of this, replace_directory keeps the old tree in that moment.
std::filesystem::path set_aside(const std::filesystem::path& target);
// "<name><ending>", with the name cut and marked by its digest where it would be longer than file
// systems take.
std::string with_ending(const std::string& name, const std::string& ending);
// The target of which `path` is a tree set aside, by whatever process; empty when it is none.
std::filesystem::path target_of_set_aside(const std::filesystem::path& path);

}  // namespace ersatz::core
