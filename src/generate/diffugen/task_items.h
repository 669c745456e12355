// The pictures of DiffuGen's three tasks, each with its place in the published folder layout:
//   <root>/<dataset>/<task>/{images,masks,attentions,labels,visualizations}/<folder>/<stem>.*
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "generate/diffugen/config.h"
#include "generate/diffugen/prompt_template.h"

namespace ersatz::generate {

enum class DiffuGenTask { kTextToImage, kImageToImage, kInpainting };
std::string_view task_name(DiffuGenTask task);   // "txt2img", "img2img", "inpaint"
DiffuGenTask parse_task(std::string_view name);  // Error::unknown otherwise

struct DiffuGenItem {
  std::int64_t index = 0;  // in its task, from 0
  std::string folder;      // "0001"
  std::string stem;        // "car_rear_day_clear_good_1_9369923"
  std::string prompt, prompt_template;
  DiffuGenAttributes attributes;  // of inpainting: object_name is what replaces the object
  std::string object;             // whose class labels have
  std::int64_t seed = 0;
  // Place among the sources; of text-to-image the index. Processes that share the work share it by
  // this number, so that pictures and what is made from them are in the same hands.
  std::int64_t source = 0;
};

// Those of txt2img. The folder is the published one: it changes behind a prompt, after
// images_per_shard pictures or more. Error::usage as expand(), and for names that no file system
// takes. The configuration must have the task.
std::vector<DiffuGenItem> text_to_image_items(const DiffuGenConfig& config);

// Every source in every time, sky and weather of the task none of which is part of the source's own
// text ("cloud" is no other sky than "clouds"); seed and folder are the source's, the number in the
// name counts the pictures from 1.
std::vector<DiffuGenItem> image_to_image_items(const DiffuGenImageToImage& task,
                                               const std::vector<DiffuGenItem>& sources);

// "a {view} view of {replacement}" for every replacement of the source's object; sources whose
// object has none are passed over.
std::vector<DiffuGenItem> inpainting_items(const DiffuGenInpainting& task,
                                           const std::vector<DiffuGenItem>& sources);

// dataset_classes, then objects that are not among them, in order.
std::vector<std::string> label_classes(const DiffuGenConfig& config);

}  // namespace ersatz::generate
