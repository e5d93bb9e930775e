// The kernels of one picture, one after the other on the calling thread.
#pragma once

#include "codec/picture.hh"
#include "cuda/filter_search.hh"
#include "cuda/picture_task.hh"

namespace gpu {

/// Decides and codes all macroblocks of a picture in raster order. The task's arrays are zero where
/// PictureLayout says so, the reconstruction's intra borders are set.
void decide_picture(const PictureTask& task);

/// Finds the filter level for the reconstruction. task.filtered_luma has room for the luma.
int choose_filter_level(const vp8::FilterRules& rules, FilterSearch search, PictureTask task);

/// Filters the reconstruction in place with task.filter.
void filter_picture(const PictureTask& task);

}  // namespace gpu
