// The pictures that are labelled, and what is known of them: the prompt they were made from, and
// heat maps that were kept.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "runner/detection/picture_list.h"

namespace ersatz::runner {

struct LabelledSource {
  ListedPicture picture;
  std::string prompt;                                 // empty: not known
  std::map<std::string, std::filesystem::path> maps;  // word -> grey heat map
};

// Of folders that `ersatz generate` wrote, prompts are in the sidecars and heat maps in
// <stem>.<word>.attention.png, which are no pictures themselves; of a task's folder of `ersatz
// diffugen run`, in labels/ and attentions/ (that of the object's name). What lies in `out`, the
// folder that labels go to, is left out. Errors as list_pictures; Error::missing where there are
// only heat maps, Error::untrusted for damaged records.
std::vector<LabelledSource> list_sources(const std::vector<std::string>& paths,
                                         const std::filesystem::path& out);

// Where names of pictures are looked for: the only folder given (of a DiffuGen task its images/),
// else that of the first file.
std::filesystem::path picture_folder(const std::vector<std::string>& paths);

}  // namespace ersatz::runner
