using System.Globalization;
using System.Text;
using Pentode.Core;
using Pentode.Files;
using Pentode.Files.Memory;
using Pentode.NineP.Server;
using Pentode.NineP.Wire;
using Pentode.Tests.Uring;
using Xunit;

namespace Pentode.Tests.NineP;

/// <summary>The export "ctl" in the formats of diod.</summary>
public sealed class ControlExportTests
{
    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Its_files_tell_about_the_server(string engine)
    {
        var control = new ControlExport("1.2.3");
        var plain = new NinePExport("/a b", new Volume("/a b", new MemoryTree(), new VolumeOptions { ReadOnly = true }));
        await using var host = new ServerHost(engine, null, null, plain, control.Export);
        control.Watch(host.Server);
        using var worker = host.Ready();
        worker.Create(1, "f");
        worker.Call(new Twrite { Fid = 1, Data = new byte[5000] });
        worker.Call(new Tread { Fid = 1, Count = 100 });
        using var c = host.Ready("ctl");
        Assert.Equal("pentode-1.2.3\n", Read(c, "version"));
        Assert.Matches(@"^[0-9]{10}\.[0-9]+ 0\.0\n$", Read(c, "date"));
        Assert.Equal("/export - - -\n/a\\040b ro - -\nctl - - -\n", Read(c, "exports"));
        Assert.Contains("test 2\n", Read(c, "connections"), StringComparison.Ordinal);
        Assert.Contains("MemTotal", Read(c, "meminfo"), StringComparison.Ordinal);
        var line = Read(c, "tpools").Split('\n')[0].Split(' ');
        Assert.Equal(55, line.Length);
        var numbers = line[1..].Select(n => long.Parse(n, CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal((2L, 100L, 5000L), (numbers[1], numbers[2], numbers[3]));

        // One Tlcreate, one Tread below 4 KiB, one Twrite from 4 to 8 KiB.
        Assert.Equal((1L, 1L, 1L, 1L), (numbers[4 + 2], numbers[4 + 22], numbers[30], numbers[42 + 1]));
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Zero_gives_zeroes_and_null_takes_all(string engine)
    {
        var control = new ControlExport("1");
        await using var host = new ServerHost(engine, null, null, control.Export);
        using var c = host.Ready("ctl");
        foreach (var suffix in (string[])["", "100"])
        {
            Assert.Equal(Errno.None, c.Walk(0, 1, "zero" + suffix));
            Assert.Equal(Errno.EACCES, c.Error(new Tlopen { Fid = 1, Flags = 2 }));
            Assert.Equal(Errno.None, c.Error(new Tlopen { Fid = 1 }));
            var (_, body) = c.Call(new Tread { Fid = 1, Offset = 1 << 30, Count = 60000 });
            Assert.True(Rread.TryRead(body, out var m) && m.Data.Length == 60000 && m.Data.IndexOfAnyExcept((byte)0) < 0);
            c.Open(2, "null" + suffix);
            Assert.Equal(Errno.None, c.Error(new Tsetattr { Fid = 2, Valid = 0x8 }));
            (_, body) = c.Call(new Twrite { Fid = 2, Data = new byte[60000] });
            Assert.True(Rwrite.TryRead(body, out var w) && w.Count == 60000);
            (_, body) = c.Call(new Tread { Fid = 2, Count = 10 });
            Assert.True(Rread.TryRead(body, out m) && m.Data.Length == 0);
            c.Error(new Tclunk { Fid = 1 });
            c.Error(new Tclunk { Fid = 2 });
        }

        Assert.Equal(Errno.EPERM, c.Error(new Tmkdir { Dfid = 0, Name = "d"u8 }));
        Assert.Equal(Errno.EPERM, c.Error(new Tlcreate { Fid = 0, Name = "f"u8, Flags = 1 }));
        Assert.Equal(Errno.EPERM, c.Error(new Tunlinkat { Dirfid = 0, Name = "null"u8 }));
        Assert.Equal(Errno.ENOENT, c.Walk(0, 1, "none"));
        Assert.Equal(Errno.None, c.Walk(0, 1, "..", "version"));
        var (_, attributes) = c.Call(new Tgetattr { Fid = 1, RequestMask = 0x7FF });
        Assert.True(Rgetattr.TryRead(attributes, out var a));
        Assert.Equal((0x8124u, 0ul, 0u), (a.Mode, a.Length, a.Qid.Version));
    }

    private static string Read(RawClient c, string name)
    {
        Assert.Equal(Errno.None, c.Walk(0, 1, name));
        Assert.Equal(Errno.None, c.Error(new Tlopen { Fid = 1 }));
        var (_, body) = c.Call(new Tread { Fid = 1, Count = 60000 });
        Assert.True(Rread.TryRead(body, out var m));
        var text = Encoding.UTF8.GetString(m.Data);
        Assert.Equal(Errno.None, c.Error(new Tclunk { Fid = 1 }));
        return text;
    }
}
