# Many threads for a while. scripts/test --only stress runs them longer, under ThreadSanitizer.
as_test(seek_stress stress/seek_stress.c stress/seek_stress_streams.c
    stress/seek_stress_handles.c)
if(ALPHASTREAM_WITH_GL)
    target_sources(test_seek_stress PRIVATE stress/seek_stress_gl.c)
endif()
if(ALPHASTREAM_WITH_HTTP)
    # A short one; scripts/test --full has it run for minutes.
    as_test(soak stress/soak.c stress/soak_players.c stress/soak_figures.c)
endif()

# Small forms of it; scripts/test --only limits runs the large ones.
as_test(limits stress/limits.c)

# Every order of a small model of the frames' protocol.
as_test(frames_model model/test_frames_model.c model/frames.c)

# Calls of other libraries that fail: the linker leads them to fault/link_faults.c.
set(as_wrapped pthread_create pthread_mutex_init pthread_cond_init pthread_key_create
    pthread_setspecific pthread_mutexattr_init pthread_condattr_init fstat fstat64 pread pread64
    pipe2 pwrite pwrite64 fsync rename renameat read close unlink unlinkat mkdir fdopendir fstatat
    fstatat64 fchmod
    mmap mmap64 open open64 openat openat64 libdeflate_alloc_decompressor
    libdeflate_alloc_compressor EVP_CIPHER_CTX_new EVP_EncryptInit_ex EVP_EncryptUpdate
    EVP_PBE_scrypt EVP_Digest)
if(ALPHASTREAM_WITH_HTTP)
    list(APPEND as_wrapped curl_global_init curl_easy_init curl_easy_setopt curl_easy_getinfo
        curl_slist_append curl_url curl_url_set curl_url_get curl_multi_init curl_multi_setopt
        curl_multi_add_handle curl_multi_perform curl_multi_poll curl_multi_wakeup)
endif()
function(as_fault_test name)
    as_test(${name} fault/test_${name}.c fault/link_faults.c fault/scenarios.c)
    foreach(wrapped IN LISTS as_wrapped)
        target_link_options(test_${name} PRIVATE -Wl,--wrap=${wrapped})
    endforeach()
endfunction()
# They name calls of these two.
if(ALPHASTREAM_DEFLATE STREQUAL "libdeflate" AND ALPHASTREAM_CRYPTO STREQUAL "openssl")
    as_fault_test(link_faults)
    if(ALPHASTREAM_WITH_HTTP)
        as_fault_test(link_faults_http)
    endif()
endif()
