// SPDX-License-Identifier: MIT
//
// Copies every 45th frame of a stream and prints its SHA-256; then asks for a frame past the end
// to show how errors come back.
using System;
using System.Security.Cryptography;

static class Program
{
    const int MostTries = 500;

    static void CopyFrame(AlphaStream stream, ulong index, byte[] pixels)
    {
        for (int i = 0; i < MostTries; i++)
            if (stream.TryCopyFrame(index, pixels))
                return;
        throw new AlphaStreamException(AlphaStreamException.Timeout, "frame " + index + " does not come");
    }

    static string Hash(byte[] bytes)
    {
        using (var sha = SHA256.Create())
            return BitConverter.ToString(sha.ComputeHash(bytes)).Replace("-", "").ToLowerInvariant();
    }

    static void ShowFrames(AlphaStream stream)
    {
        var pixels = new byte[stream.FrameSize];
        Console.WriteLine("{0} frames of {1} bytes", stream.TotalFrames, stream.FrameSize);
        for (uint i = 0; i < stream.TotalFrames; i += 45)
        {
            CopyFrame(stream, i, pixels);
            Console.WriteLine("frame {0} {1}", i, Hash(pixels));
        }
    }

    static void ShowStrip(AlphaStream stream)
    {
        stream.SetOption("timebox_ms", "4000"); /* a strip is made when asked for */
        Console.WriteLine("strip of frame 0: {0} floats", stream.CopyStrip(0).Length);
    }

    static bool ShowWrongIndex(AlphaStream stream)
    {
        try
        {
            stream.TryCopyFrame(stream.TotalFrames, new byte[stream.FrameSize]);
        }
        catch (AlphaStreamException e)
        {
            Console.WriteLine("frame {0}: error {1}: {2}", stream.TotalFrames, e.Code, e.Message);
            return e.Code == AlphaStreamException.OutOfRange;
        }
        return false;
    }

    static int Main(string[] args)
    {
        if (args.Length < 1 || args.Length > 2)
        {
            Console.Error.WriteLine("usage: frames SOURCE [SCENE]");
            return 2;
        }
        Console.WriteLine("libalphastream {0}", AlphaStream.Version);
        using (var stream = new AlphaStream())
            try
            {
                stream.Open(args[0], args.Length > 1 ? uint.Parse(args[1]) : 0);
                ShowFrames(stream);
                ShowStrip(stream);
                return ShowWrongIndex(stream) ? 0 : 1;
            }
            catch (AlphaStreamException e)
            {
                Console.Error.WriteLine("error {0}: {1}", e.Code, e.Message);
                return 1;
            }
    }
}
