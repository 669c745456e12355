// CRC-32C (Castagnoli; RFC 3720, appendix B.4), and its masked form in TFRecord files.
#pragma once

#include <cstdint>
#include <string_view>

namespace ersatz::report {

std::uint32_t crc32c(std::string_view bytes);

// Rotated right by 15 bits plus a constant, so that a CRC of data that holds CRCs stays a good one.
std::uint32_t masked_crc32c(std::string_view bytes);

}  // namespace ersatz::report
