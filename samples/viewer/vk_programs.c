/* SPDX-License-Identifier: MIT */
#include "vk_programs.h"

#include "vk_shaders.h"

static const VkShaderStageFlags both = VK_SHADER_STAGE_VERTEX_BIT | VK_SHADER_STAGE_FRAGMENT_BIT;

/* --------------------------------------------------------------------- what all share ------- */

static VkResult make_module(const vk_device *d, const vk_shader *shader, VkShaderModule *out)
{
    const VkShaderModuleCreateInfo info = {.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
                                           .codeSize = shader->size,
                                           .pCode = shader->words};
    return d->c.CreateShaderModule(d->handle, &info, NULL, out);
}

static VkResult make_modules(const vk_device *d, vk_programs *p)
{
    VkResult result = make_module(d, &vk_shader_whole_vert, &p->whole);
    if (result == VK_SUCCESS)
        result = make_module(d, &vk_shader_scene_frag, &p->scene);
    if (result == VK_SUCCESS)
        result = make_module(d, &vk_shader_panel_frag, &p->panel);
    if (result == VK_SUCCESS)
        result = make_module(d, &vk_shader_line_vert, &p->line_vertex);
    if (result == VK_SUCCESS)
        result = make_module(d, &vk_shader_line_frag, &p->line);
    return result;
}

static VkResult make_layouts(const vk_device *d, vk_programs *p)
{
    VkDescriptorSetLayoutBinding bindings[BINDINGS];
    for (uint32_t i = 0; i < BINDINGS; i++)
        bindings[i] = (VkDescriptorSetLayoutBinding){.binding = i,
                                                     .descriptorType =
                                                         VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER,
                                                     .descriptorCount = 1,
                                                     .stageFlags = VK_SHADER_STAGE_FRAGMENT_BIT};
    const VkDescriptorSetLayoutCreateInfo set = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
        .bindingCount = BINDINGS,
        .pBindings = bindings};
    const VkPushConstantRange range = {.stageFlags = both, .size = sizeof(vk_scene_values)};
    const VkPipelineLayoutCreateInfo layout = {.sType =
                                                   VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                               .setLayoutCount = 1,
                                               .pSetLayouts = &p->set,
                                               .pushConstantRangeCount = 1,
                                               .pPushConstantRanges = &range};
    const VkResult result = d->c.CreateDescriptorSetLayout(d->handle, &set, NULL, &p->set);
    return result == VK_SUCCESS ? d->c.CreatePipelineLayout(d->handle, &layout, NULL, &p->layout)
                                : result;
}

static VkResult make_sampler(const vk_device *d, VkFilter filter, VkSampler *out)
{
    const VkSamplerCreateInfo info = {.sType = VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO,
                                      .magFilter = filter,
                                      .minFilter = filter,
                                      .addressModeU = VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE,
                                      .addressModeV = VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE,
                                      .addressModeW = VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE};
    return d->c.CreateSampler(d->handle, &info, NULL, out);
}

bool vk_programs_open(const vk_device *d, vk_programs *p, char *why, size_t capacity)
{
    VkResult result = make_modules(d, p);
    if (result == VK_SUCCESS)
        result = make_layouts(d, p);
    if (result == VK_SUCCESS)
        result = make_sampler(d, VK_FILTER_NEAREST, &p->exact);
    if (result == VK_SUCCESS)
        result = make_sampler(d, VK_FILTER_LINEAR, &p->soft);
    return result == VK_SUCCESS ||
           vk_device_failed("making the viewer's shaders", result, why, capacity);
}

void vk_programs_close(const vk_device *d, vk_programs *p)
{
    const VkShaderModule modules[] = {p->whole, p->scene, p->panel, p->line_vertex, p->line};
    for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++)
        if (modules[i])
            d->c.DestroyShaderModule(d->handle, modules[i], NULL);
    if (p->exact)
        d->c.DestroySampler(d->handle, p->exact, NULL);
    if (p->soft)
        d->c.DestroySampler(d->handle, p->soft, NULL);
    if (p->layout)
        d->c.DestroyPipelineLayout(d->handle, p->layout, NULL);
    if (p->set)
        d->c.DestroyDescriptorSetLayout(d->handle, p->set, NULL);
    *p = (vk_programs){0};
}

/* ------------------------------------------------------------------------------ pipelines ---- */

typedef struct stages {
    VkShaderModule vertex, fragment;
    const VkSpecializationInfo *constants; /* of the fragment shader; NULL: none */
    bool lines, blends;
} stages;

static VkResult make_pipeline(const vk_device *d, const vk_programs *p, VkRenderPass pass,
                              const stages *s, VkPipeline *out)
{
    const VkPipelineShaderStageCreateInfo shaders[] = {
        {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
         .stage = VK_SHADER_STAGE_VERTEX_BIT,
         .module = s->vertex,
         .pName = "main"},
        {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
         .stage = VK_SHADER_STAGE_FRAGMENT_BIT,
         .module = s->fragment,
         .pName = "main",
         .pSpecializationInfo = s->constants}};
    const VkVertexInputBindingDescription binding = {.stride = 2 * sizeof(float)};
    const VkVertexInputAttributeDescription attribute = {.format = VK_FORMAT_R32G32_SFLOAT};
    const VkPipelineVertexInputStateCreateInfo vertices = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_STATE_CREATE_INFO,
        .vertexBindingDescriptionCount = s->lines,
        .pVertexBindingDescriptions = &binding,
        .vertexAttributeDescriptionCount = s->lines,
        .pVertexAttributeDescriptions = &attribute};
    const VkPipelineInputAssemblyStateCreateInfo assembly = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_INPUT_ASSEMBLY_STATE_CREATE_INFO,
        .topology =
            s->lines ? VK_PRIMITIVE_TOPOLOGY_LINE_LIST : VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST};
    const VkPipelineViewportStateCreateInfo viewport = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_VIEWPORT_STATE_CREATE_INFO,
        .viewportCount = 1,
        .scissorCount = 1};
    const VkPipelineRasterizationStateCreateInfo raster = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_STATE_CREATE_INFO, .lineWidth = 1};
    const VkPipelineMultisampleStateCreateInfo samples = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_MULTISAMPLE_STATE_CREATE_INFO,
        .rasterizationSamples = VK_SAMPLE_COUNT_1_BIT};
    const VkPipelineColorBlendAttachmentState blend = {
        .blendEnable = s->blends,
        .srcColorBlendFactor = VK_BLEND_FACTOR_ONE,
        .dstColorBlendFactor = VK_BLEND_FACTOR_ONE_MINUS_SRC_ALPHA,
        .srcAlphaBlendFactor = VK_BLEND_FACTOR_ONE,
        .dstAlphaBlendFactor = VK_BLEND_FACTOR_ONE_MINUS_SRC_ALPHA,
        .colorWriteMask = VK_COLOR_COMPONENT_R_BIT | VK_COLOR_COMPONENT_G_BIT |
                          VK_COLOR_COMPONENT_B_BIT | VK_COLOR_COMPONENT_A_BIT};
    const VkPipelineColorBlendStateCreateInfo blends = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO,
        .attachmentCount = 1,
        .pAttachments = &blend};
    const VkDynamicState dynamic[] = {VK_DYNAMIC_STATE_VIEWPORT, VK_DYNAMIC_STATE_SCISSOR};
    const VkPipelineDynamicStateCreateInfo dynamics = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_DYNAMIC_STATE_CREATE_INFO,
        .dynamicStateCount = 2,
        .pDynamicStates = dynamic};
    const VkGraphicsPipelineCreateInfo info = {.sType =
                                                   VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO,
                                               .stageCount = 2,
                                               .pStages = shaders,
                                               .pVertexInputState = &vertices,
                                               .pInputAssemblyState = &assembly,
                                               .pViewportState = &viewport,
                                               .pRasterizationState = &raster,
                                               .pMultisampleState = &samples,
                                               .pColorBlendState = &blends,
                                               .pDynamicState = &dynamics,
                                               .layout = p->layout,
                                               .renderPass = pass};
    return d->c.CreateGraphicsPipelines(d->handle, VK_NULL_HANDLE, 1, &info, NULL, out);
}

VkPipeline vk_pass_scene(const vk_device *d, const vk_programs *p, vk_pass *pass, scene_kind kind,
                         char *why, size_t capacity)
{
    const int32_t values[] = {kind.view, kind.ground, kind.soft, kind.video};
    VkSpecializationMapEntry entries[4];
    for (uint32_t i = 0; i < 4; i++)
        entries[i] = (VkSpecializationMapEntry){i, i * (uint32_t)sizeof(int32_t), sizeof(int32_t)};
    const VkSpecializationInfo constants = {4, entries, sizeof(values), values};
    const stages s = {.vertex = p->whole, .fragment = p->scene, .constants = &constants};
    if (pass->scenes[kind.number])
        return pass->scenes[kind.number];
    const VkResult result = make_pipeline(d, p, pass->handle, &s, &pass->scenes[kind.number]);
    if (result != VK_SUCCESS)
        vk_device_failed("compiling the viewer's shaders", result, why, capacity);
    return pass->scenes[kind.number];
}

/* --------------------------------------------------------------------------------- passes ---- */

static VkResult make_pass(const vk_device *d, VkFormat format, VkImageLayout layout,
                          VkRenderPass *out)
{
    const VkAttachmentDescription attachment = {.format = format,
                                                .samples = VK_SAMPLE_COUNT_1_BIT,
                                                .loadOp = VK_ATTACHMENT_LOAD_OP_CLEAR,
                                                .storeOp = VK_ATTACHMENT_STORE_OP_STORE,
                                                .stencilLoadOp = VK_ATTACHMENT_LOAD_OP_DONT_CARE,
                                                .stencilStoreOp = VK_ATTACHMENT_STORE_OP_DONT_CARE,
                                                .finalLayout = layout};
    const VkAttachmentReference color = {.layout = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL};
    const VkSubpassDescription subpass = {.pipelineBindPoint = VK_PIPELINE_BIND_POINT_GRAPHICS,
                                          .colorAttachmentCount = 1,
                                          .pColorAttachments = &color};
    /* Behind the picture before, its copy to the host, and the surface's wait; before the copy. */
    const VkSubpassDependency dependencies[] = {
        {.srcSubpass = VK_SUBPASS_EXTERNAL,
         .srcStageMask =
             VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT,
         .dstStageMask = VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT,
         .srcAccessMask = VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT,
         .dstAccessMask =
             VK_ACCESS_COLOR_ATTACHMENT_READ_BIT | VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT},
        {.dstSubpass = VK_SUBPASS_EXTERNAL,
         .srcStageMask = VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT,
         .dstStageMask = VK_PIPELINE_STAGE_TRANSFER_BIT,
         .srcAccessMask = VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT,
         .dstAccessMask = VK_ACCESS_TRANSFER_READ_BIT}};
    const VkRenderPassCreateInfo info = {.sType = VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO,
                                         .attachmentCount = 1,
                                         .pAttachments = &attachment,
                                         .subpassCount = 1,
                                         .pSubpasses = &subpass,
                                         .dependencyCount = 2,
                                         .pDependencies = dependencies};
    return d->c.CreateRenderPass(d->handle, &info, NULL, out);
}

bool vk_pass_open(const vk_device *d, const vk_programs *p, VkFormat format, VkImageLayout layout,
                  vk_pass *out, char *why, size_t capacity)
{
    const stages panels = {.vertex = p->whole, .fragment = p->panel, .blends = true};
    const stages lines = {.vertex = p->line_vertex, .fragment = p->line, .lines = true};
    VkResult result = make_pass(d, format, layout, &out->handle);
    if (result == VK_SUCCESS)
        result = make_pipeline(d, p, out->handle, &panels, &out->panel);
    if (result == VK_SUCCESS)
        result = make_pipeline(d, p, out->handle, &lines, &out->line);
    return result == VK_SUCCESS ||
           vk_device_failed("compiling the viewer's shaders", result, why, capacity);
}

void vk_pass_close(const vk_device *d, vk_pass *pass)
{
    for (int i = 0; i < SCENE_KINDS; i++)
        if (pass->scenes[i])
            d->c.DestroyPipeline(d->handle, pass->scenes[i], NULL);
    if (pass->panel)
        d->c.DestroyPipeline(d->handle, pass->panel, NULL);
    if (pass->line)
        d->c.DestroyPipeline(d->handle, pass->line, NULL);
    if (pass->handle)
        d->c.DestroyRenderPass(d->handle, pass->handle, NULL);
    *pass = (vk_pass){0};
}
