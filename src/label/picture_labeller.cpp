#include "label/picture_labeller.h"

#include <fmt/format.h>

namespace ersatz::label {
namespace {

class AttentionLabeller : public PictureLabeller {
 public:
  explicit AttentionLabeller(MapRecipe recipe) : recipe_(recipe) {}

  std::string method() const override {
    return fmt::format("attention/{}", map_recipe_name(recipe_));
  }
  bool needs_attention() const override { return true; }
  std::vector<ObjectLabel> label(const data::RgbImage&, const std::vector<WordMap>& maps,
                                 std::optional<std::int64_t>) const override {
    return labels_of_maps(maps, recipe_);
  }

 private:
  MapRecipe recipe_;
};

}  // namespace

std::unique_ptr<PictureLabeller> attention_labeller(MapRecipe recipe) {
  return std::make_unique<AttentionLabeller>(recipe);
}

}  // namespace ersatz::label
