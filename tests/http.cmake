# Tests over HTTP, with servers on the loopback interface (support/http_fixture.h).
find_program(ALPHASTREAM_PYTHON3 python3)
if(NOT ALPHASTREAM_PYTHON3)
    message(FATAL_ERROR "python3 was not found; the server of the HTTP tests needs it. Install it "
        "(Debian: apt-get install python3, or run scripts/install-deps), or configure with "
        "-DALPHASTREAM_WITH_TESTS=OFF.")
endif()

target_sources(alphastream_test_support PRIVATE
    support/http_chaos.c
    support/http_child.c
    support/http_fixture.c
    support/http_nginx.c
    support/http_source.c
    support/http_reader.c)

# What goes wrong, by theme.
if(ALPHASTREAM_WITH_HTTP)
    foreach(theme ranges changes status network tls close lookup limits seeks places)
        as_test(http_faults_${theme} unit/test_http_faults_${theme}.c)
    endforeach()
    as_test(http_streams unit/test_http_streams.c)
    as_test(http_nginx unit/test_http_nginx.c)
    as_test(http_chaos unit/test_http_chaos.c)
endif()

add_test(NAME fault_server
    COMMAND ${ALPHASTREAM_PYTHON3} ${CMAKE_CURRENT_SOURCE_DIR}/support/test_fault_server.py)
as_test(http_fixture unit/test_http_fixture.c)
if(ALPHASTREAM_WITH_HTTP)
    as_test(stream_http unit/test_stream_http.c)
    as_test(http_source unit/test_http_source.c)
    as_test(http_open unit/test_http_open.c)
    target_link_options(test_http_open PRIVATE -Wl,--wrap=curl_version_info)
    as_test(http_disk unit/test_http_disk.c)
endif()
