// --attention: heat maps of words beside the images.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "generate/diffusion/prompt_encoder.h"
#include "label/attention_maps.h"
#include "runner/diffusion/generate_request.h"

namespace ersatz::runner {

class AttentionOutput {
 public:
  // `encoder` says at which text positions the words of a prompt stand: weights take no position,
  // and a learned embedding takes as many as it has vectors. Error::usage when one of `words` is in
  // none of the prompts, or two words would get the same file name.
  AttentionOutput(std::filesystem::path folder, std::vector<std::string> words,
                  const generate::PromptEncoder& encoder, const std::vector<ImageTask>& images);

  bool wanted() const { return !words_.empty(); }
  // How many text positions a capture needs to keep.
  std::int64_t positions() const;
  // Whether all heat maps of an image are there.
  bool is_finished(const ImageTask& image) const;

  // Writes those of image `place` of the batch: <stem>.<word>.attention.png, grey at `size`, white
  // where the network attended most; and <stem>.attention.safetensors with float32 [h, w] at latent
  // size under each word. Words that the image's prompt does not contain are left out.
  void write(const label::AttentionCapture& capture, std::int64_t place, const ImageTask& image,
             PictureSize size) const;

 private:
  struct Prompt {
    std::int64_t tokens = 0;                                // without BOS and EOS
    std::map<std::string, std::vector<std::int64_t>> rows;  // of the words it contains
  };
  std::filesystem::path picture(const ImageTask& image, const std::string& word) const;

  std::filesystem::path folder_;
  std::vector<std::string> words_;
  std::map<std::string, Prompt> prompts_;
};

}  // namespace ersatz::runner
