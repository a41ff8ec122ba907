// SPDX-License-Identifier: MIT
//
// The CV_* functions for C#: a disposable stream over P/Invoke. Take this file into a program of
// your own; it needs the library (libalphastream.so, alphastream.dll) where the loader finds it.
using System;
using System.Runtime.InteropServices;
using System.Text;

public sealed class AlphaStreamException : Exception
{
    public int Code { get; }

    public AlphaStreamException(int code, string text) : base(text)
    {
        Code = code;
    }
}

public sealed class AlphaStream : IDisposable
{
    public const int Success = 0, OutOfRange = 3, Timeout = -4, Decode = -5;

    IntPtr handle;

    public AlphaStream()
    {
        handle = CV_create();
        if (handle == IntPtr.Zero)
            throw new OutOfMemoryException("CV_create");
    }

    public static string Version
    {
        get { return FromUtf8(CV_get_version(IntPtr.Zero)); }
    }

    public int LastErrorCode
    {
        get { return CV_get_last_error_code(handle); }
    }

    public string LastErrorText
    {
        get { return FromUtf8(CV_get_last_error_text(handle)); }
    }

    public uint TotalFrames
    {
        get { return CV_get_total_frames(handle); }
    }

    public uint FrameSize
    {
        get { return CV_get_frame_size(handle); }
    }

    // Width and height 0: 2048 x 1024.
    public void Open(string location, uint scene = 0, uint width = 0, uint height = 0)
    {
        if (!CV_init(handle, ToUtf8(location), scene, width, height, null, 0, 0, 0, 0, 0, 0))
            throw LastError();
    }

    public void SetOption(string name, string value)
    {
        if (!CV_set_option(handle, ToUtf8(name), ToUtf8(value)))
            throw LastError();
    }

    // Copies frame `index` into `pixels` (FrameSize bytes, top row first). False: it was not there
    // within the timebox of 12 ms; show what is shown and ask again.
    public bool TryCopyFrame(ulong index, byte[] pixels)
    {
        // The pointer is this thread's until its next CV_get_frame.
        IntPtr frame = CV_get_frame(handle, index);
        if (frame == IntPtr.Zero && LastErrorCode == Timeout)
            return false;
        if (frame == IntPtr.Zero)
            throw LastError();
        Marshal.Copy(frame, pixels, 0, checked((int)FrameSize));
        return true;
    }

    // The vertices of frame `index` as one triangle strip: x, y, x, y.
    public float[] CopyStrip(ulong index)
    {
        if (!CV_get_triangle_strip_vertices(handle, index, out IntPtr vertices, out UIntPtr count))
            throw LastError();
        var copy = new float[checked((int)count.ToUInt64())];
        if (copy.Length != 0)
            Marshal.Copy(vertices, copy, 0, copy.Length);
        return copy;
    }

    public void Dispose()
    {
        CV_destroy(handle);
        handle = IntPtr.Zero;
    }

    AlphaStreamException LastError()
    {
        return new AlphaStreamException(LastErrorCode, LastErrorText);
    }

    // ------------------------------------------------------------------------- texts --------

    static byte[] ToUtf8(string text)
    {
        return text == null ? null : Encoding.UTF8.GetBytes(text + '\0');
    }

    static string FromUtf8(IntPtr text)
    {
        int size = 0;
        while (Marshal.ReadByte(text, size) != 0)
            size++;
        var bytes = new byte[size];
        Marshal.Copy(text, bytes, 0, size);
        return Encoding.UTF8.GetString(bytes);
    }

    // --------------------------------------------------------------------- functions --------
    // C's bool has one byte; without I1 the runtime would look at four.

    const string Library = "alphastream";

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
    static extern IntPtr CV_create();

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
    static extern void CV_destroy(IntPtr handle);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
    static extern IntPtr CV_get_version(IntPtr handle);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
    static extern int CV_get_last_error_code(IntPtr handle);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
    static extern IntPtr CV_get_last_error_text(IntPtr handle);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
    static extern uint CV_get_total_frames(IntPtr handle);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
    static extern uint CV_get_frame_size(IntPtr handle);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
    [return: MarshalAs(UnmanagedType.I1)]
    static extern bool CV_init(IntPtr handle, byte[] base_url, uint scene_id, uint width,
                               uint height, byte[] version, uint start_frame,
                               uint l0_buffer_length, uint l1_buffer_length,
                               uint l1_buffer_init_length, uint init_timeout_ms,
                               uint data_timeout_ms);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
    static extern IntPtr CV_get_frame(IntPtr handle, ulong frame_index);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
    [return: MarshalAs(UnmanagedType.I1)]
    static extern bool CV_get_triangle_strip_vertices(IntPtr handle, ulong frame_index,
                                                      out IntPtr out_vertices,
                                                      out UIntPtr out_count);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
    [return: MarshalAs(UnmanagedType.I1)]
    static extern bool CV_set_option(IntPtr handle, byte[] name, byte[] value);
}
