// SPDX-License-Identifier: MIT
//
// samples/dotnet/AlphaStream.cs: frames by spans, their lifetime, errors as exceptions, threads.
//
//     bindings WALKERS SHA256-OF-FRAME-315 CLOSEUP     exits with the number of failures
using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Threading;

static class Bindings
{
    static int failures;
    static string walkers, golden, closeup;

    static void Check(bool condition, [CallerLineNumber] int line = 0)
    {
        if (condition)
            return;
        Console.Error.WriteLine("line {0}: not so", line);
        failures++;
    }

    // The call must fail with this code and a sentence with these words.
    static void Refused(int code, string words, Action call, [CallerLineNumber] int line = 0)
    {
        try
        {
            call();
            Console.Error.WriteLine("line {0}: was not refused", line);
        }
        catch (AlphaStreamException error)
        {
            if (error.Code == code && error.Message.Contains(words))
                return;
            Console.Error.WriteLine("line {0}: {1}: {2}", line, error.Code, error.Message);
        }
        failures++;
    }

    static void Throws<T>(Action call, [CallerLineNumber] int line = 0) where T : Exception
    {
        try
        {
            call();
        }
        catch (T)
        {
            return;
        }
        Console.Error.WriteLine("line {0}: no {1}", line, typeof(T).Name);
        failures++;
    }

    static AlphaStream Opened(params string[] options)
    {
        var stream = new AlphaStream();
        stream.SetOption("timebox_ms", "60000");
        for (int i = 0; i < options.Length; i += 2)
            stream.SetOption(options[i], options[i + 1]);
        stream.Open(walkers);
        return stream;
    }

    static string Hash(byte[] bytes)
    {
        using (var sha = SHA256.Create())
            return BitConverter.ToString(sha.ComputeHash(bytes)).Replace("-", "").ToLowerInvariant();
    }

    static byte[] Copy(AlphaStreamFrame frame)
    {
        var pixels = new byte[frame.Width * frame.Height];
        frame.CopyTo(pixels);
        return pixels;
    }

    // ------------------------------------------------------------------------ tests ---------

    static void TestFrames()
    {
        AlphaStreamFrame kept;
        using (AlphaStream stream = Opened())
        {
            Check(stream.TotalFrames == 720 && stream.FrameSize == 2048 * 1024);
            kept = stream.TryGetFrame(315);
            Check(kept.Index == 315 && kept.Width == 2048 && kept.Height == 1024);
            byte[] pixels = Copy(kept);
            Check(Hash(pixels) == golden);
            for (int y = 0; y < kept.Height; y++)
                Check(kept.Row(y).SequenceEqual(new ReadOnlySpan<byte>(pixels, 2048 * y, 2048)));
            Throws<ArgumentOutOfRangeException>(() => kept.Row(-1));
            Throws<ArgumentOutOfRangeException>(() => kept.Row(1024));
            Throws<ArgumentException>(() => kept.CopyTo(new byte[2048 * 1024 - 1]));

            var room = new byte[2048 * 1024 + 2];
            room[0] = room[room.Length - 1] = 7;
            Check(stream.TryCopyFrame(315, new Span<byte>(room, 1, 2048 * 1024)));
            Check(new Span<byte>(room, 1, 2048 * 1024).SequenceEqual(pixels));
            Check(room[0] == 7 && room[room.Length - 1] == 7);
            for (ulong i = 0; i < 700; i += 50)
                Check(stream.TryCopyFrame(i, room));
        }
        Check(Hash(Copy(kept)) == golden); // also when its stream is gone
        kept.Dispose();
        kept.Dispose();
        Throws<ObjectDisposedException>(() => kept.Row(0));
        Throws<ObjectDisposedException>(() => Check(kept.Width == 0));
    }

    static void TestSizes()
    {
        using (var stream = new AlphaStream())
        {
            stream.SetOption("timebox_ms", "60000");
            stream.SetCanvasSize(512, 256);
            stream.Open(walkers);
            Check(stream.FrameSize == 512 * 256);
            stream.Open(walkers, 0, 33, 20);
            using (AlphaStreamFrame frame = stream.TryGetFrame(90))
                Check(frame.Width == 33 && frame.Height == 20 && frame.Row(19).Length == 33);
            float[] strip = stream.CopyStrip(90);
            Check(strip.Length > 6 && strip.Length % 2 == 0);
            Check(Array.TrueForAll(strip, x => x >= -2 && x <= 2050));
        }
    }

    static void TestHeld()
    {
        using (AlphaStream stream = Opened("held_frames", "2"))
        {
            for (int i = 0; i < 3; i++)
            {
                using (stream.TryGetFrame(1))
                using (stream.TryGetFrame(2))
                    Refused(AlphaStreamException.Decode, "held", () => stream.TryGetFrame(3));
            }
        }
    }

    static void TestErrors()
    {
        using (var stream = new AlphaStream())
        {
            Refused(AlphaStreamException.NotInitialized, "CV_init", () => stream.TryGetFrame(0));
            Check(stream.TotalFrames == 0);
            Refused(AlphaStreamException.Transport, "none.asvp",
                    () => stream.Open(walkers + "/none.asvp"));
            Refused(AlphaStreamException.Argument, "colour", () => stream.SetOption("colour", "1"));
            Throws<ArgumentException>(() => stream.Open("a\0b"));
            stream.SetOption("timebox_ms", "60000");
            stream.Open(walkers);
            Refused(AlphaStreamException.OutOfRange, "frame 720", () => stream.TryGetFrame(720));
            Refused(AlphaStreamException.OutOfRange, "frame 720", () => stream.CopyStrip(720));
            stream.TryGetFrame(0).Dispose();
            Refused(AlphaStreamException.Argument, "", () => stream.SetRate(0, 1));
            stream.SetRate(25, 1);
            stream.Sync(0);
            Check(stream.FrameAt(40000000) == 1);
        }
    }

    static void TestKeys()
    {
        var passphrase = new byte[32];
        for (int i = 0; i < 32; i++)
            passphrase[i] = (byte)i;
        string copy = Path.GetTempFileName();
        File.Copy(closeup, copy, true);
        using (var stream = new AlphaStream())
        {
            Refused(AlphaStreamException.Decode, "passphrase", () => stream.Open(closeup, 85342));
            stream.SetPassphrase(passphrase);
            stream.Open(closeup, 85342);
            Check(stream.TotalFrames == 600);
            Refused(AlphaStreamException.Decode, "passphrase", () => stream.Open(copy, 85342));
            stream.SetFileName("closeup.asvr");
            stream.Open(copy, 85342);
            Check(stream.TotalFrames == 600);
            stream.SetFileName(null);
            stream.SetPassphrase(null);
            Refused(AlphaStreamException.Decode, "passphrase", () => stream.Open(closeup, 85342));
        }
        File.Delete(copy);
    }

    // Dispose while others are in calls: those end, and later ones are refused.
    static void TestDispose()
    {
        for (int round = 0; round < 3; round++)
        {
            AlphaStream stream = Opened();
            var running = new CountdownEvent(3);
            var threads = new List<Thread>();
            int refused = 0;
            for (int n = 0; n < 3; n++)
            {
                var thread = new Thread(() =>
                {
                    try
                    {
                        for (ulong i = 0;; i = (i + 77) % 720)
                        {
                            stream.TryGetFrame(i).Dispose();
                            if (running.CurrentCount > 0 && i == 77)
                                running.Signal();
                        }
                    }
                    catch (ObjectDisposedException)
                    {
                        Interlocked.Increment(ref refused);
                    }
                });
                thread.Start();
                threads.Add(thread);
            }
            running.Wait();
            stream.Dispose();
            foreach (Thread thread in threads)
                thread.Join();
            Check(refused == 3);
            stream.Dispose();
            Throws<ObjectDisposedException>(() => stream.TryGetFrame(0));
        }
    }

    // A frame that another thread disposes of while it is copied: all of it, or an exception.
    static void TestDisposeOfFrame()
    {
        using (AlphaStream stream = Opened("held_frames", "2"))
            for (int round = 0; round < 20; round++)
            {
                AlphaStreamFrame frame = stream.TryGetFrame(315);
                var pixels = new byte[2048 * 1024];
                bool copied = false;
                var go = new ManualResetEventSlim();
                var thread = new Thread(() =>
                {
                    go.Wait();
                    frame.Dispose();
                    stream.TryGetFrame(10).Dispose(); // may be put where the other was
                });
                thread.Start();
                go.Set();
                try
                {
                    frame.CopyTo(pixels);
                    copied = true;
                }
                catch (ObjectDisposedException)
                {
                }
                thread.Join();
                Check(!copied || Hash(pixels) == golden);
                Throws<ObjectDisposedException>(() => frame.CopyTo(pixels));
                Throws<ObjectDisposedException>(() => Check(frame.Index == 0));
            }
    }

    // Nobody disposes of anything: finalizers do, in whichever order.
    [MethodImpl(MethodImplOptions.NoInlining)]
    static void Forget()
    {
        AlphaStream stream = Opened();
        Check(stream.TryGetFrame(5).Index == 5);
    }

    static int Main(string[] args)
    {
        walkers = args[0];
        golden = args[1];
        closeup = args[2];
        TestFrames();
        TestSizes();
        TestHeld();
        TestErrors();
        TestKeys();
        TestDispose();
        TestDisposeOfFrame();
        for (int i = 0; i < 3; i++)
            Forget();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Console.WriteLine(failures == 0 ? "the wrapper does what it must" : "failed");
        return failures;
    }
}
