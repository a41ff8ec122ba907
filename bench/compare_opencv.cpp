/* SPDX-License-Identifier: MIT
 *
 * OpenCV: fillPoly at the output's size; or at the canvas's, enlarged by resize to the nearest
 * pixel.
 */
#include "bench.h"
#include "compare.h"

#include <opencv2/core.hpp>
#include <opencv2/core/utility.hpp>
#include <opencv2/imgproc.hpp>

#include <new>

namespace
{

struct opencv_state {
    cv::Mat output, canvas; /* canvas: what is filled; the output itself where they are the same */
};

opencv_state *begin(uint8_t *pixels, uint32_t width, uint32_t height)
{
    opencv_state *s = new (std::nothrow) opencv_state;
    if (!s)
        return nullptr;
    cv::setNumThreads(1);
    s->output = cv::Mat(static_cast<int>(height), static_cast<int>(width), CV_8UC1, pixels);
    s->canvas = s->output;
    return s;
}

void *opencv_begin(uint8_t *pixels, uint32_t width, uint32_t height)
{
    return begin(pixels, width, height);
}

void *resize_begin(uint8_t *pixels, uint32_t width, uint32_t height)
{
    opencv_state *s = begin(pixels, width, height);
    if (s)
        s->canvas = cv::Mat(BENCH_CANVAS_HEIGHT, BENCH_CANVAS_WIDTH, CV_8UC1);
    return s;
}

void opencv_end(void *self)
{
    delete static_cast<opencv_state *>(self);
}

bool opencv_draw(void *self, const compare_lines *lines)
{
    opencv_state *s = static_cast<opencv_state *>(self);
    s->canvas.setTo(0);
    for (size_t i = 0; i < lines->channels; i++) {
        const compare_point *points;
        const int count = static_cast<int>(compare_channel(lines, i, &points));
        const cv::Point *polygon = reinterpret_cast<const cv::Point *>(points);
        if (count > 0)
            cv::fillPoly(s->canvas, &polygon, &count, 1, cv::Scalar(255), cv::LINE_8);
    }
    if (s->canvas.data != s->output.data)
        cv::resize(s->canvas, s->output, s->output.size(), 0, 0, cv::INTER_NEAREST);
    return true;
}

} // namespace

extern "C" const compare_rasterizer compare_opencv = {"opencv", false,       opencv_begin,
                                                      nullptr,  opencv_draw, opencv_end};
extern "C" const compare_rasterizer compare_opencv_resize = {
    "opencv-resize", true, resize_begin, nullptr, opencv_draw, opencv_end};
