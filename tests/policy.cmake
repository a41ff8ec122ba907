# Tests of rules rather than of behaviour: who includes whom, the form of files, what the libraries
# export, whether the documents' examples work. They look at sources and at the libraries as users
# get them, so sanitizer builds leave them out.
if(NOT CMAKE_C_FLAGS MATCHES "-fsanitize")
    find_program(ALPHASTREAM_PYTHON3 python3)
    if(NOT ALPHASTREAM_PYTHON3)
        message(FATAL_ERROR "python3 was not found; the policy tests need it. Install it (Debian: "
            "apt-get install python3, or run scripts/install-deps), or configure with "
            "-DALPHASTREAM_WITH_TESTS=OFF.")
    endif()

    set(policy_folder ${CMAKE_CURRENT_SOURCE_DIR}/policy)
    function(as_policy_test name)
        add_test(NAME policy_${name} COMMAND ${ARGN})
        set_tests_properties(policy_${name} PROPERTIES
            LABELS policy ENVIRONMENT "CC=${CMAKE_C_COMPILER}")
    endfunction()

    set(standard_options --commands ${CMAKE_BINARY_DIR}/compile_commands.json)
    foreach(name docs layers text standard)
        as_policy_test(${name} ${ALPHASTREAM_PYTHON3} ${policy_folder}/test_${name}.py
            ${${name}_options})
        as_policy_test(${name}_self_test
            ${ALPHASTREAM_PYTHON3} ${policy_folder}/test_${name}.py --self-test)
    endforeach()

    set(abi_program ${ALPHASTREAM_PYTHON3} ${CMAKE_CURRENT_SOURCE_DIR}/abi/abi.py)
    as_policy_test(abi ${abi_program})
    as_policy_test(abi_self_test ${abi_program} --self-test)

    set(library_flags)
    foreach(module IN LISTS ALPHASTREAM_MODULES)
        list(APPEND library_flags ${${module}_LDFLAGS})
    endforeach()
    list(TRANSFORM library_flags PREPEND --link=)
    set(curl_flag)
    if(ALPHASTREAM_WITH_HTTP)
        set(curl_flag --link=-lcurl)
    endif()
    as_policy_test(readme ${ALPHASTREAM_PYTHON3} ${policy_folder}/test_readme.py
        --compiler ${CMAKE_C_COMPILER} --library $<TARGET_FILE:alphastream_static>
        ${library_flags} --link=-lpthread ${curl_flag})
    as_policy_test(readme_self_test ${ALPHASTREAM_PYTHON3} ${policy_folder}/test_readme.py
        --self-test --compiler ${CMAKE_C_COMPILER})

    # The commands of the documents name the tool, the viewer and the samples of a whole build.
    if(ALPHASTREAM_WITH_HTTP AND ALPHASTREAM_WITH_VIEWER)
        as_policy_test(documented ${ALPHASTREAM_PYTHON3} ${policy_folder}/test_documented.py
            --build ${CMAKE_BINARY_DIR})
    endif()
    as_policy_test(documented_self_test ${ALPHASTREAM_PYTHON3} ${policy_folder}/test_documented.py
        --self-test)

    as_policy_test(symbols ${policy_folder}/test_symbols.sh
        $<TARGET_FILE:alphastream> $<TARGET_FILE:alphastream_static>)
    as_policy_test(symbols_self_test ${policy_folder}/test_symbols.sh --self-test)
    if(ALPHASTREAM_HARDENED)
        set(hardened_files $<TARGET_FILE:alphastream> $<TARGET_FILE:alphastream_static>)
        if(ALPHASTREAM_WITH_TOOL)
            list(APPEND hardened_files $<TARGET_FILE:alphastream_cli>)
        endif()
        if(ALPHASTREAM_WITH_VIEWER)
            list(APPEND hardened_files $<TARGET_FILE:alphastream_viewer>)
        endif()
        as_policy_test(hardening ${ALPHASTREAM_PYTHON3} ${policy_folder}/test_hardening.py ${hardened_files})
        as_policy_test(hardening_self_test
            ${ALPHASTREAM_PYTHON3} ${policy_folder}/test_hardening.py --self-test)
    endif()
    as_policy_test(headers ${policy_folder}/test_headers.sh)
    as_policy_test(scripts ${policy_folder}/test_scripts.sh)
    as_policy_test(release ${policy_folder}/test_release.sh)
endif()
