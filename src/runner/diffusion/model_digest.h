// Which model it was: digests of the files it consists of.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>

namespace ersatz::runner {

struct ModelDigest {
  std::string name;                          // of the folder or file, without where it is
  std::map<std::string, std::string> files;  // "unet/config.json" -> sha256
  std::string digest;                        // sha256 over `files`: one name for all of it
};

// Digests what a model is loaded from. Of a folder in diffusers' layout: configurations, tokenizer
// and weights (safetensors where there are any, of the `variant` where there is one). Reads every
// byte: about a second per gigabyte; asks `stop` in between, and returns early, with digests that
// mean nothing, when it says yes.
ModelDigest digest_model(const std::filesystem::path& model, const std::string& variant,
                         const std::function<bool()>& stop = {});

}  // namespace ersatz::runner
