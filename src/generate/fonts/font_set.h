// The fonts a run draws its synthetic digits with: those of data_manifests/fonts.toml that are
// installed on this machine.
#pragma once

#include <string>
#include <vector>

#include "data/fetch/manifest.h"
#include "generate/fonts/font_file.h"

namespace ersatz::generate {

struct Font {
  std::string path;     // as in the manifest
  std::string package;  // the Debian package it came from
  FontDigitOutlines outlines;
};

struct RejectedFont {
  std::string path, package;
  std::string reason;  // "lacks the digit 4"
};

struct FontSetOptions {
  // false: every font of the manifest must be installed. true: those found are used, with a
  // warning, if they are at least `minimum`; for profiles that do not compare with the paper.
  bool allow_partial = false;
  int minimum = 10;
};

class FontSet {
 public:
  // Reads all files of a `debian-packages` manifest (about 0.3 s for 149 fonts). Throws
  // Error::missing (exit 40), naming the packages, when fonts are not installed and may not be
  // absent, or when too few remain. A font that cannot serve is rejected with a warning.
  static FontSet load(const data::Manifest& manifest, const FontSetOptions& options = {});

  // data_manifests/fonts.toml.
  static FontSet load(const FontSetOptions& options = {});

  // In the manifest's order.
  const std::vector<Font>& fonts() const { return fonts_; }
  std::size_t size() const { return fonts_.size(); }
  const std::vector<RejectedFont>& rejected() const { return rejected_; }
  // Manifest paths that were not found.
  const std::vector<std::string>& missing() const { return missing_; }
  // Installed files whose bytes are not the ones the manifest lists (another package version).
  const std::vector<std::string>& altered() const { return altered_; }

  // SHA-256 over path and bytes of every font in use, in order: belongs into stage keys and
  // provenance.
  const std::string& digest() const { return digest_; }

 private:
  std::vector<Font> fonts_;
  std::vector<RejectedFont> rejected_;
  std::vector<std::string> missing_, altered_;
  std::string digest_;
};

}  // namespace ersatz::generate
