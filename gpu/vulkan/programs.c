/* SPDX-License-Identifier: MIT */
#include "gpu/vulkan/raster_internal.h"
#include "gpu/vulkan/shaders.h"

#include <string.h>

static as_result create_set_layout(as_vulkan_device *device, uint32_t count, VkDescriptorType type,
                                   VkDescriptorSetLayout *out_layout, as_error *error)
{
    VkDescriptorSetLayoutBinding bindings[AS_VULKAN_BINDINGS];
    const VkDescriptorSetLayoutCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
        .bindingCount = count,
        .pBindings = bindings};
    for (uint32_t i = 0; i < count; i++)
        /* cppcheck-suppress unreadVariable ; info.pBindings points to them */
        bindings[i] = (VkDescriptorSetLayoutBinding){.binding = i,
                                                     .descriptorType = type,
                                                     .descriptorCount = 1,
                                                     .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT};
    const VkResult result =
        device->f.CreateDescriptorSetLayout(device->device, &info, NULL, out_layout);
    if (result != VK_SUCCESS)
        *out_layout = VK_NULL_HANDLE;
    return as_vulkan_check(device, result, "a descriptor set layout", error);
}

static as_result create_layouts(as_vulkan_device *device, as_vulkan_programs *p, as_error *error)
{
    as_result result = create_set_layout(device, AS_VULKAN_BINDINGS,
                                         VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, &p->set_layout, error);
    if (result == AS_OK)
        result =
            create_set_layout(device, 1, VK_DESCRIPTOR_TYPE_STORAGE_IMAGE, &p->image_layout, error);
    if (result != AS_OK)
        return result;
    const VkDescriptorSetLayout sets[] = {p->set_layout, p->image_layout};
    const VkPushConstantRange range = {VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof(as_vulkan_push)};
    const VkPipelineLayoutCreateInfo info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                             .setLayoutCount = 2,
                                             .pSetLayouts = sets,
                                             .pushConstantRangeCount = 1,
                                             .pPushConstantRanges = &range};
    const VkResult created =
        device->f.CreatePipelineLayout(device->device, &info, NULL, &p->layout);
    if (created != VK_SUCCESS)
        p->layout = VK_NULL_HANDLE;
    return as_vulkan_check(device, created, "a pipeline layout", error);
}

bool as_vulkan_is_cache(const as_vulkan_device *device, const void *data, size_t size)
{
    VkPipelineCacheHeaderVersionOne header;
    if (!data || size < sizeof(header))
        return false;
    memcpy(&header, data, sizeof(header));
    return header.headerSize == sizeof(header) &&
           header.headerVersion == VK_PIPELINE_CACHE_HEADER_VERSION_ONE &&
           header.vendorID == device->properties.vendorID &&
           header.deviceID == device->properties.deviceID &&
           memcmp(header.pipelineCacheUUID, device->properties.pipelineCacheUUID, VK_UUID_SIZE) ==
               0;
}

static as_result create_cache(as_vulkan_device *device, const as_vulkan_raster_params *params,
                              as_vulkan_programs *p, as_error *error)
{
    p->cache = params->shared_cache;
    p->own_cache = !p->cache;
    if (p->cache)
        return AS_OK;
    VkPipelineCacheCreateInfo info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO};
    if (as_vulkan_is_cache(device, params->cache, params->cache_size)) {
        info.initialDataSize = params->cache_size;
        info.pInitialData = params->cache;
    }
    const as_result result = as_vulkan_check(
        device, device->f.CreatePipelineCache(device->device, &info, NULL, &p->cache),
        "a pipeline cache", error);
    if (result != AS_OK)
        p->cache = VK_NULL_HANDLE;
    return result;
}

static as_result create_pipeline(as_vulkan_device *device, const as_vulkan_programs *p,
                                 const as_vulkan_shader *shader, VkPipeline *out_pipeline,
                                 as_error *error)
{
    VkShaderModule module;
    const VkShaderModuleCreateInfo code = {.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
                                           .codeSize = shader->size,
                                           .pCode = shader->words};
    VkComputePipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                  .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                  .pName = "main"},
        .layout = p->layout};
    as_result result =
        as_vulkan_check(device, device->f.CreateShaderModule(device->device, &code, NULL, &module),
                        "a shader", error);
    if (result != AS_OK)
        return result;
    info.stage.module = module;
    result = as_vulkan_check(
        device,
        device->f.CreateComputePipelines(device->device, p->cache, 1, &info, NULL, out_pipeline),
        "a pipeline", error);
    if (result != AS_OK)
        *out_pipeline = VK_NULL_HANDLE;
    device->f.DestroyShaderModule(device->device, module, NULL);
    return result;
}

as_result as_vulkan_programs_create(as_vulkan_device *device, const as_vulkan_raster_params *params,
                                    as_vulkan_programs *p, as_error *error)
{
    const uint32_t caps = device->caps;
    as_result result = create_layouts(device, p, error);
    if (result == AS_OK)
        result = create_cache(device, params, p, error);
    if (result == AS_OK)
        result = create_pipeline(
            device, p, caps & AS_VULKAN_CAP_INT64 ? &as_vulkan_segments_int64 : &as_vulkan_segments,
            &p->segments, error);
    if (result == AS_OK)
        result = create_pipeline(
            device, p, caps & AS_VULKAN_CAP_SUBGROUP ? &as_vulkan_fill_subgroup : &as_vulkan_fill,
            &p->fill, error);
    if (result == AS_OK)
        result = create_pipeline(device, p, &as_vulkan_sample_pack, &p->pack, error);
    if (result == AS_OK && (caps & AS_VULKAN_CAP_STORE))
        result = create_pipeline(device, p, &as_vulkan_sample_store, &p->store, error);
    return result;
}

void as_vulkan_programs_destroy(as_vulkan_device *device, as_vulkan_programs *p)
{
    const VkPipeline pipelines[] = {p->segments, p->fill, p->pack, p->store};
    for (size_t i = 0; i < sizeof(pipelines) / sizeof(*pipelines); i++)
        if (pipelines[i])
            device->f.DestroyPipeline(device->device, pipelines[i], NULL);
    if (p->cache && p->own_cache)
        device->f.DestroyPipelineCache(device->device, p->cache, NULL);
    if (p->layout)
        device->f.DestroyPipelineLayout(device->device, p->layout, NULL);
    if (p->image_layout)
        device->f.DestroyDescriptorSetLayout(device->device, p->image_layout, NULL);
    if (p->set_layout)
        device->f.DestroyDescriptorSetLayout(device->device, p->set_layout, NULL);
    *p = (as_vulkan_programs){0};
}
