using Pentode.Testing.Processes;
using Pentode.Files.Host;
using Pentode.Tests.Uring;
using Xunit;

namespace Pentode.Tests.Nfs;

/// <summary>Sessions of nonsense: the server answers or closes, and serves on.</summary>
public sealed class RandomTests
{
    private const int Sessions = 10_000;

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Ten_thousand_random_sessions_leave_the_server_serving(string engine)
    {
        var random = new Random(20261121);
        await using var host = new NfsHost(engine);
        using var steady = host.Mounted();
        var file = steady.Create(steady.Root, "steady");
        var open = new Queue<NfsPeer>();
        for (var session = 0; session < Sessions; session++)
        {
            var c = host.Connect($"127.0.0.{1 + random.Next(4)}:{random.Next(1, 65536)}", (uint)random.Next(3));
            c.Root = steady.Root;
            try
            {
                for (var i = random.Next(4); i >= 0; i--)
                    c.Send(Nonsense(random, c, file));
            }
            catch (System.Net.Sockets.SocketException)
            {
                // Closed for what it sent.
            }

            if (random.Next(2) == 0)
                c.ShutdownSend();
            open.Enqueue(c);
            while (open.Count > 16)
                open.Dequeue().Dispose();
        }

        foreach (var c in open)
            c.Dispose();
        Assert.Equal(2u, steady.Stat(steady.Root).Type);
    }

    [Fact]
    public async Task Random_calls_on_a_directory_of_the_host_stay_inside()
    {
        var random = new Random(7);
        using var files = new TemporaryDirectory();
        Directory.CreateDirectory(files["export"]);
        File.WriteAllText(files["outside"], "untouched");
        await using var host = new NfsHost("portable", HostTree.Open(files["export"], new HostTreeOptions()).Value);
        using var c = host.Mounted();
        var file = c.Create(c.Root, "file");
        for (var i = 0; i < 5000; i++)
        {
            var version = (uint)random.Next(2, 4);
            var procedure = (uint)random.Next(1, version == 3 ? 22 : 18);
            var arguments = Arguments.Of(version, procedure, Pick(random, c.Root, file), Pick(random, c.Root, file)).Bytes;
            // Names of all kinds, where there are names.
            for (var at = random.Next(3); at > 0 && arguments.Length > 40; at--)
                arguments[random.Next(36, arguments.Length)] = (byte)random.Next(256);
            _ = c.AcceptStatus(c.Message(NfsPeer.Nfs, version, procedure, new Xdr().Fixed(arguments)));
        }

        Assert.Equal("untouched", File.ReadAllText(files["outside"]));
        Assert.Equal(["export", "outside"], Directory.GetFileSystemEntries(files.Path).Select(p => Path.GetFileName(p)).Order());
        // Names that are no text: not for Directory.Delete.
        Tool.Ok(30, "rm", "-rf", files["export"]);
    }

    private static byte[] Pick(Random random, byte[] one, byte[] other) => random.Next(4) == 0 ? other : one;

    private static byte[] Nonsense(Random random, NfsPeer c, byte[] file)
    {
        var kind = random.Next(8);
        if (kind == 0)
        {
            var noise = new byte[random.Next(1, 200)];
            random.NextBytes(noise);
            return noise;
        }

        var version = (uint)random.Next(2, 4);
        var procedure = (uint)random.Next(0, 23);
        var program = random.Next(6) == 0 ? NfsPeer.MountProgram : NfsPeer.Nfs;
        var arguments = Arguments.Of(version, Math.Min(procedure, version == 3 ? 21u : 17), Pick(random, c.Root, file), Pick(random, c.Root, file));
        var message = c.Message(program, version, procedure, arguments);
        if (kind < 4)
        {
            for (var i = random.Next(1, 5); i > 0; i--)
                message[random.Next(message.Length)] = (byte)random.Next(256);
        }

        if (kind == 4)
            message = message[..random.Next(message.Length)];
        var record = NfsPeer.Record(message);
        if (kind == 5)
            record = record[..random.Next(record.Length)];
        return record;
    }
}
