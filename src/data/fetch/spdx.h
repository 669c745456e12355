// Licence identifiers a manifest may use.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ersatz::data {

// The SPDX identifiers (licences and exceptions) seen on data sets, weights and fonts. Anything
// else is named "LicenseRef-<name>".
const std::vector<std::string>& known_spdx_ids();

// The first part of an SPDX expression ("OFL-1.1", "GPL-2.0-or-later WITH Font-exception-2.0",
// "MIT OR Apache-2.0", "LicenseRef-BSDS500-research") that is not a known identifier; empty when
// the whole expression is. An empty expression is returned as "(nothing)".
std::string unknown_license_part(std::string_view expression);

}  // namespace ersatz::data
