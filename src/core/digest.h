// SHA-256 by OpenSSL's EVP interface.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace ersatz::core {

// Streaming digest: update any number of times, then hex() once.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(const void* data, std::size_t size);
  void update(std::string_view bytes) { update(bytes.data(), bytes.size()); }
  // 64 lower-case hexadecimal digits. The object must not be updated afterwards.
  std::string hex();

 private:
  void* context_;  // EVP_MD_CTX
};

std::string sha256_hex(std::string_view bytes);
std::string sha256_file(const std::filesystem::path& path);

}  // namespace ersatz::core
