// Datasets on this machine: found in the cache, or fetched into it from mirrors and the network.
//
// A dataset lives in <data cache>/<id>/<version>/, with its files under the paths of the manifest
// and, written last, COMPLETE.json with the size and digest of each. Without that file nothing in
// the folder is ever used as data.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "core/experiment.h"
#include "data/fetch/download.h"
#include "data/fetch/manifest.h"

namespace ersatz::data {

struct FetchOptions {
  bool offline = false;  // cache and mirrors only
  bool verify = false;   // hash what is in the cache again, and fetch anew what is wrong
  DownloadOptions download;
};

// <data cache>/<id>/<version>; "/" for packages, whose paths are absolute.
std::filesystem::path dataset_folder(const Manifest& manifest);

// Looks only; no network. Sizes are always compared, digests with `verify`: then a file that was
// changed is Error::digest_mismatch (31). Nothing is returned when anything is absent.
std::optional<core::DatasetHandle> find_dataset(const Manifest& manifest, bool verify = false);

// Makes the dataset available: cache, then each ERSATZ_MIRROR directory, then each URL. One process
// at a time per dataset. Error::missing (40) lists everything that was tried; digest_mismatch (31),
// untrusted (30, unpacking) and disk full (50) as in download.h, mirror.h and archive.h.
core::DatasetHandle fetch_dataset(const Manifest& manifest, const FetchOptions& options = {});

// The dataset with this manifest id, when it has been fetched. Error::missing (40) otherwise, with
// the command that fetches it; Error::unknown for an id without manifest.
core::DatasetHandle require_dataset(std::string_view id);

}  // namespace ersatz::data
