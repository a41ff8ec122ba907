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

# Every order of a small model of the frames' protocol.
as_test(frames_model model/test_frames_model.c model/frames.c)
