// SPDX-License-Identifier: MIT
//
// The library for C#: streams and counted frames over P/Invoke of the CV_* functions. Take this file
// into a program of your own (README.md). C# 7.2 with unsafe code; Span from the runtime.
using System;
using System.Runtime.InteropServices;
using System.Text;

// A call failed; Message is the library's sentence: what failed, where, what to do.
public sealed class AlphaStreamException : Exception
{
    public const int OutOfRange = 3, Argument = -1, NotInitialized = -2, NotReady = -3, Timeout = -4,
                     Decode = -5, Transport = -6, Unsupported = -7, OutOfMemory = -8, Gpu = -9;

    public int Code { get; }

    public AlphaStreamException(int code, string text) : base(text)
    {
        Code = code;
    }
}

// A mask: R8 pixels, 0 transparent or 255 opaque, top row first. It outlives its stream and counts
// among those its stream lets be held (option held_frames, 256) until Dispose, or else a finalizer.
// Spans are the library's own memory: keep the frame, as `using` does, while one is in use.
public sealed class AlphaStreamFrame : SafeHandle
{
    // The runtime makes it, for AlphaStreamNative.CV_Frame_Acquire.
    AlphaStreamFrame() : base(IntPtr.Zero, true)
    {
    }

    public override bool IsInvalid
    {
        get { return handle == IntPtr.Zero; }
    }

    public ulong Index
    {
        get { return About().index; }
    }

    public int Width
    {
        get { return checked((int)About().width); }
    }

    public int Height
    {
        get { return checked((int)About().height); }
    }

    // The pixels of row `y`, without a copy. The span alone does not keep the frame.
    public unsafe ReadOnlySpan<byte> Row(int y)
    {
        AlphaStreamNative.Frame about = About();
        if (y < 0 || y >= about.height)
            throw new ArgumentOutOfRangeException(nameof(y));
        return new ReadOnlySpan<byte>((byte*)about.data + (long)y * about.stride, (int)about.width);
    }

    // Copies all rows, one after the other, to the first Width * Height bytes of `pixels`.
    public void CopyTo(Span<byte> pixels)
    {
        bool counted = false;
        try
        {
            DangerousAddRef(ref counted); // for as long as its rows are read
            int width = Width, height = Height;
            if (pixels.Length < checked(width * height))
                throw new ArgumentException("too few bytes for the pixels of a frame",
                                            nameof(pixels));
            for (int y = 0; y < height; y++)
                Row(y).CopyTo(pixels.Slice(y * width));
        }
        finally
        {
            if (counted)
                DangerousRelease();
        }
    }

    protected override bool ReleaseHandle()
    {
        AlphaStreamNative.CV_Frame_Release(handle);
        return true;
    }

    // Counted, as a call of the library would be: neither another thread's Dispose nor a finalizer,
    // which may run once nothing follows that uses this object, gives the frame back meanwhile.
    AlphaStreamNative.Frame About()
    {
        bool counted = false;
        try
        {
            DangerousAddRef(ref counted); // ObjectDisposedException: it is closed
            return Marshal.PtrToStructure<AlphaStreamNative.Frame>(handle);
        }
        finally
        {
            if (counted)
                DangerousRelease();
        }
    }
}

// A container opened for playing. Any thread may call anything, also Dispose: what is under way then
// ends first. Each thread has its own last error.
public sealed class AlphaStream : IDisposable
{
    readonly AlphaStreamNative.StreamHandle stream = AlphaStreamNative.CV_create();

    volatile bool disposed;

    public AlphaStream()
    {
        if (stream.IsInvalid)
            throw new OutOfMemoryException("CV_create");
    }

    // The handle alone would let calls in as long as others are under way.
    AlphaStreamNative.StreamHandle Stream
    {
        get
        {
            if (disposed)
                throw new ObjectDisposedException(nameof(AlphaStream));
            return stream;
        }
    }

    public static string Version
    {
        get { return FromUtf8(AlphaStreamNative.CV_get_version(IntPtr.Zero)); }
    }

    public uint TotalFrames
    {
        get { return AlphaStreamNative.CV_get_total_frames(Stream); }
    }

    // Bytes of a mask without padding: width times height.
    public uint FrameSize
    {
        get { return AlphaStreamNative.CV_get_frame_size(Stream); }
    }

    // ---------------------------------------------------- for the next Open -----------------

    // docs/streams.md lists names, defaults and ranges.
    public void SetOption(string name, string value)
    {
        Check(AlphaStreamNative.CV_set_option(Stream, ToUtf8(name), ToUtf8(value)));
    }

    // Of encrypted containers, copied; null: the environment's.
    public void SetPassphrase(byte[] bytes)
    {
        var size = new UIntPtr((uint)(bytes == null ? 0 : bytes.Length));
        Check(AlphaStreamNative.CV_set_passphrase(Stream, bytes, size));
    }

    // The file name in the key; null: that of the location.
    public void SetFileName(string name)
    {
        Check(AlphaStreamNative.CV_set_file_name(Stream, ToUtf8(name)));
    }

    public void SetCanvasSize(uint width, uint height)
    {
        Check(AlphaStreamNative.CV_set_canvas_size(Stream, width, height));
    }

    // A path or URL, in place of what was open. Width and height 0: those of the canvas, 2048 x 1024.
    public void Open(string location, uint scene = 0, uint width = 0, uint height = 0)
    {
        Check(AlphaStreamNative.CV_init(Stream, ToUtf8(location), scene, width, height, null, 0, 0,
                                        0, 0, 0, 0));
    }

    // ---------------------------------------------------- frames ----------------------------

    // Frame `index`, or null: it was not there within the timebox (option timebox_ms, 12). Show what
    // is shown and ask again: it comes first now.
    public AlphaStreamFrame TryGetFrame(ulong index)
    {
        AlphaStreamFrame frame = AlphaStreamNative.CV_Frame_Acquire(Stream, index);
        if (!frame.IsInvalid)
            return frame;
        AlphaStreamException error = LastError();
        frame.Dispose();
        if (error.Code == AlphaStreamException.Timeout || error.Code == AlphaStreamException.NotReady)
            return null;
        throw error;
    }

    // Copies frame `index` to the first FrameSize bytes of `pixels`; false as null above.
    public bool TryCopyFrame(ulong index, Span<byte> pixels)
    {
        using (AlphaStreamFrame frame = TryGetFrame(index))
        {
            if (frame == null)
                return false;
            frame.CopyTo(pixels);
            return true;
        }
    }

    // The vertices of frame `index` as one triangle strip in canvas pixels: x, y, x, y. Copied, since
    // the library's are this thread's only until it asks for others.
    public float[] CopyStrip(ulong index)
    {
        bool counted = false;
        try
        {
            Stream.DangerousAddRef(ref counted); // the vertices are the stream's
            Check(AlphaStreamNative.CV_get_triangle_strip_vertices(
                Stream, index, out IntPtr vertices, out UIntPtr count));
            var copy = new float[checked((int)count.ToUInt64())];
            if (copy.Length != 0)
                Marshal.Copy(vertices, copy, 0, copy.Length);
            return copy;
        }
        finally
        {
            if (counted)
                stream.DangerousRelease();
        }
    }

    // ---------------------------------------------------- time ------------------------------

    // Pictures per second as a fraction.
    public void SetRate(uint numerator, uint denominator)
    {
        Check(AlphaStreamNative.CV_set_rate(Stream, numerator, denominator));
    }

    // The program's media clock, in nanoseconds.
    public void Sync(long mediaNanoseconds)
    {
        Check(AlphaStreamNative.CV_sync(Stream, mediaNanoseconds));
    }

    // The frame due at a media time.
    public ulong FrameAt(long mediaNanoseconds)
    {
        ulong index = AlphaStreamNative.CV_frame_at(Stream, mediaNanoseconds);
        Check(index != ulong.MaxValue);
        return index;
    }

    // Frames stay valid.
    public void Dispose()
    {
        disposed = true;
        stream.Dispose();
    }

    void Check(bool success)
    {
        if (!success)
            throw LastError();
    }

    // Of this thread's last call.
    AlphaStreamException LastError()
    {
        int code = AlphaStreamNative.CV_get_last_error_code(Stream);
        bool counted = false;
        try
        {
            stream.DangerousAddRef(ref counted); // the text is the stream's
            return new AlphaStreamException(
                code, FromUtf8(AlphaStreamNative.CV_get_last_error_text(Stream)));
        }
        finally
        {
            if (counted)
                stream.DangerousRelease();
        }
    }

    static byte[] ToUtf8(string text)
    {
        if (text == null)
            return null;
        if (text.IndexOf('\0') >= 0)
            throw new ArgumentException("there is a null character in it", nameof(text));
        return Encoding.UTF8.GetBytes(text + '\0');
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
}

// The C interface, cv.h. C's bool has one byte; without I1 the runtime would look at four.
static class AlphaStreamNative
{
    const string Library = "alphastream";
    const CallingConvention C = CallingConvention.Cdecl;

    // While a call has it, the runtime does not release it.
    internal sealed class StreamHandle : SafeHandle
    {
        StreamHandle() : base(IntPtr.Zero, true)
        {
        }

        public override bool IsInvalid
        {
            get { return handle == IntPtr.Zero; }
        }

        protected override bool ReleaseHandle()
        {
            CV_destroy(handle);
            return true;
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Frame // CV_Frame
    {
        public IntPtr data;
        public uint width, height, stride, reserved;
        public ulong index;
    }

    [DllImport(Library, CallingConvention = C)]
    internal static extern StreamHandle CV_create();

    [DllImport(Library, CallingConvention = C)]
    static extern void CV_destroy(IntPtr stream);

    [DllImport(Library, CallingConvention = C)]
    internal static extern IntPtr CV_get_version(IntPtr stream);

    [DllImport(Library, CallingConvention = C)]
    internal static extern int CV_get_last_error_code(StreamHandle stream);

    [DllImport(Library, CallingConvention = C)]
    internal static extern IntPtr CV_get_last_error_text(StreamHandle stream);

    [DllImport(Library, CallingConvention = C)]
    internal static extern uint CV_get_total_frames(StreamHandle stream);

    [DllImport(Library, CallingConvention = C)]
    internal static extern uint CV_get_frame_size(StreamHandle stream);

    [DllImport(Library, CallingConvention = C)]
    [return: MarshalAs(UnmanagedType.I1)]
    internal static extern bool CV_init(StreamHandle stream, byte[] base_url, uint scene_id,
                                        uint width, uint height, byte[] version, uint start_frame,
                                        uint l0_buffer_length, uint l1_buffer_length,
                                        uint l1_buffer_init_length, uint init_timeout_ms,
                                        uint data_timeout_ms);

    [DllImport(Library, CallingConvention = C)]
    [return: MarshalAs(UnmanagedType.I1)]
    internal static extern bool CV_set_option(StreamHandle stream, byte[] name, byte[] value);

    [DllImport(Library, CallingConvention = C)]
    [return: MarshalAs(UnmanagedType.I1)]
    internal static extern bool CV_set_passphrase(StreamHandle stream, byte[] bytes, UIntPtr size);

    [DllImport(Library, CallingConvention = C)]
    [return: MarshalAs(UnmanagedType.I1)]
    internal static extern bool CV_set_file_name(StreamHandle stream, byte[] name);

    [DllImport(Library, CallingConvention = C)]
    [return: MarshalAs(UnmanagedType.I1)]
    internal static extern bool CV_set_canvas_size(StreamHandle stream, uint width, uint height);

    [DllImport(Library, CallingConvention = C)]
    internal static extern AlphaStreamFrame CV_Frame_Acquire(StreamHandle stream, ulong frame_index);

    [DllImport(Library, CallingConvention = C)]
    internal static extern void CV_Frame_Release(IntPtr frame);

    [DllImport(Library, CallingConvention = C)]
    [return: MarshalAs(UnmanagedType.I1)]
    internal static extern bool CV_get_triangle_strip_vertices(StreamHandle stream,
                                                               ulong frame_index,
                                                               out IntPtr out_vertices,
                                                               out UIntPtr out_count);

    [DllImport(Library, CallingConvention = C)]
    [return: MarshalAs(UnmanagedType.I1)]
    internal static extern bool CV_set_rate(StreamHandle stream, uint fps_num, uint fps_den);

    [DllImport(Library, CallingConvention = C)]
    [return: MarshalAs(UnmanagedType.I1)]
    internal static extern bool CV_sync(StreamHandle stream, long media_ns);

    [DllImport(Library, CallingConvention = C)]
    internal static extern ulong CV_frame_at(StreamHandle stream, long media_ns);
}
