// Labels by attention for pictures that are there already: from heat maps that lie beside them, or
// from a diffusion model that looks at them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/json.h"
#include "label/object_label.h"
#include "label/picture_attention.h"
#include "runner/diffusion/model_setup.h"
#include "runner/labelling/label_options.h"
#include "runner/labelling/picture_source.h"

namespace ersatz::runner {

class AttentionSource {
 public:
  // Loads the model, if one is named; errors as load_model.
  AttentionSource(const LabelCommand& options, std::vector<LabelClass> classes);
  ~AttentionSource();

  std::string method() const { return "attention/" + options_.recipe; }
  // What labels depend on besides the pictures and --classes.
  core::Json settings() const;
  // How many pictures are looked at together.
  std::int64_t batch() const;

  // The labels of each picture; pictures looked at together have one size. A class whose word is
  // not in a picture's prompt has none there. Error::usage when a picture has no heat map of any
  // class and there is no model, and when its prompt is not known or names no class.
  std::vector<std::vector<label::ObjectLabel>> labels(
      const std::vector<LabelledSource>& pictures, const std::vector<data::RgbImage>& pixels) const;

 private:
  std::vector<label::WordMap> kept_maps(const LabelledSource& picture,
                                        const data::RgbImage& pixels) const;
  label::AttendedPicture question(const LabelledSource& picture,
                                  const data::RgbImage& pixels) const;

  const LabelCommand& options_;
  std::vector<LabelClass> classes_;
  std::unique_ptr<DiffusionModel> model_;
  std::string digest_;
  std::unique_ptr<label::PictureAttention> attention_;
};

}  // namespace ersatz::runner
