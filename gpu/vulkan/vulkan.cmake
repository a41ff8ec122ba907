# The Vulkan backend: sources of alphastream_objects, and its shaders as SPIR-V in one C file.
set(spirv_folder ${CMAKE_BINARY_DIR}/spirv)
set(spirv_code "/* Made by gpu/vulkan/vulkan.cmake. */\n#include \"gpu/vulkan/shaders.h\"\n\n")
set(spirv_files)

# alphastream_shader(NAME SOURCE [definition...]): as_vulkan_NAME, an as_vulkan_shader.
function(alphastream_shader name source)
    list(TRANSFORM ARGN PREPEND -D OUTPUT_VARIABLE definitions)
    set(path ${PROJECT_SOURCE_DIR}/shaders/${source})
    set(options --target-env=vulkan1.1 -O ${definitions})
    add_custom_command(OUTPUT ${spirv_folder}/${name}.inc ${spirv_folder}/${name}.spv
        COMMAND ${ALPHASTREAM_GLSLC} ${options} -mfmt=num -MD -MF ${spirv_folder}/${name}.d
            -MT ${spirv_folder}/${name}.inc -o ${spirv_folder}/${name}.inc ${path}
        COMMAND ${ALPHASTREAM_GLSLC} ${options} -o ${spirv_folder}/${name}.spv ${path}
        DEPENDS ${path} DEPFILE ${spirv_folder}/${name}.d
        COMMENT "Compiling shader ${name}" VERBATIM)
    set(spirv_files ${spirv_files} ${spirv_folder}/${name}.inc PARENT_SCOPE)
    string(APPEND spirv_code
        "static const uint32_t words_of_${name}[] = {\n#include \"${name}.inc\"\n};\n"
        "const as_vulkan_shader as_vulkan_${name} = {words_of_${name}, sizeof(words_of_${name})};\n\n")
    set(spirv_code "${spirv_code}" PARENT_SCOPE)
endfunction()

file(MAKE_DIRECTORY ${spirv_folder})
alphastream_shader(segments segments.comp)
alphastream_shader(segments_int64 segments.comp INT64)
alphastream_shader(fill fill.comp)
alphastream_shader(fill_subgroup fill.comp SUBGROUP)
alphastream_shader(sample_pack sample.comp)
alphastream_shader(sample_store sample.comp STORE)

file(CONFIGURE OUTPUT ${spirv_folder}/vk_shaders.c CONTENT "${spirv_code}" @ONLY)
add_custom_target(alphastream_vk_shaders DEPENDS ${spirv_files})
set_source_files_properties(${spirv_folder}/vk_shaders.c TARGET_DIRECTORY alphastream_objects
    PROPERTIES OBJECT_DEPENDS "${spirv_files}")

target_sources(alphastream_objects PRIVATE
    ${CMAKE_CURRENT_SOURCE_DIR}/vulkan/choose.c
    ${CMAKE_CURRENT_SOURCE_DIR}/vulkan/commands.c
    ${CMAKE_CURRENT_SOURCE_DIR}/vulkan/device.c
    ${CMAKE_CURRENT_SOURCE_DIR}/vulkan/errors.c
    ${CMAKE_CURRENT_SOURCE_DIR}/vulkan/images.c
    ${CMAKE_CURRENT_SOURCE_DIR}/vulkan/loader.c
    ${CMAKE_CURRENT_SOURCE_DIR}/vulkan/measure.c
    ${CMAKE_CURRENT_SOURCE_DIR}/vulkan/memory.c
    ${CMAKE_CURRENT_SOURCE_DIR}/vulkan/plan.c
    ${CMAKE_CURRENT_SOURCE_DIR}/vulkan/programs.c
    ${CMAKE_CURRENT_SOURCE_DIR}/vulkan/queue.c
    ${CMAKE_CURRENT_SOURCE_DIR}/vulkan/raster.c
    ${CMAKE_CURRENT_SOURCE_DIR}/vulkan/scratch.c
    ${spirv_folder}/vk_shaders.c)
add_dependencies(alphastream_objects alphastream_vk_shaders)
# A system folder: the headers of others are not held to our warnings.
target_include_directories(alphastream_objects SYSTEM PRIVATE ${ALPHASTREAM_VULKAN_HEADERS})
