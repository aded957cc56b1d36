using Pentode.Testing.Processes;

namespace Pentode.SystemTests.Nbd;

/// <summary>SIGKILL of the server in the middle of writes: what it said is durable must be there when it serves again, every time.</summary>
public sealed class NbdKillTests
{
    private const int Rounds = 10;
    private const int Slots = 256;
    private const int SlotBytes = 16384;

    /// <summary>
    /// One client process writes slot after slot, each filled with the number of its round, and prints each slot once the server has promised
    /// it: by FUA, or by the flush after every eighth write. It goes on until the server is gone.
    /// </summary>
    private const string Writer = """
        pending = []
        try:
            while True:
                for slot in range(slots):
                    stamp = bytes([round]) * size
                    if durable:
                        h.pwrite(stamp, slot * size, nbd.CMD_FLAG_FUA)
                        print(slot, flush=True)
                        continue
                    h.pwrite(stamp, slot * size)
                    pending.append(slot)
                    if len(pending) == 8:
                        h.flush()
                        for done in pending: print(done, flush=True)
                        pending = []
        except nbd.Error:
            pass
        """;

    private const string Reader = """
        for slot in range(slots):
            data = h.pread(size, slot * size)
            torn = any(data[at:at + 512] != data[at:at + 1] * 512 for at in range(0, size, 512))
            print(slot, "torn" if torn else ",".join(str(v) for v in sorted(set(data[::512]))))
        """;

    [Theory]
    [InlineData("ring")]
    [InlineData("portable")]
    public void Promised_writes_survive_many_kills(string engine)
    {
        Tool.Require("nbdsh");
        using var files = new TemporaryDirectory();
        using (var disk = File.Create(files["disk"]))
            disk.SetLength(Slots * SlotBytes);
        var promised = new int[Slots]; // the round each slot was last promised in; later writes may be there too
        for (var round = 1; round <= Rounds; round++)
        {
            using var daemon = Serve(files, engine, out var uri);
            CheckAll(uri, promised, round);
            var answered = 0;
            foreach (var slot in WriteUntilKilled(uri, round, round % 2 == 0 ? "fua" : "flush", daemon, enough: 8 * round, ref answered))
                promised[slot] = round;
            Assert.True(answered >= 8 * round, $"round {round}: only {answered} writes were promised");
        }

        using var last = Serve(files, engine, out var lastUri);
        CheckAll(lastUri, promised, Rounds + 1);
        Assert.Equal(0, last.Terminate());
    }

    private static List<int> WriteUntilKilled(string uri, int round, string promise, PentodeProcess daemon, int enough, ref int answered)
    {
        var isFua = promise == "fua" ? "True" : "False";
        var code = $"round, durable, slots, size = {round}, {isFua}, {Slots}, {SlotBytes}\n{Writer}";
        var start = new System.Diagnostics.ProcessStartInfo("/usr/bin/nbdsh", ["-u", uri, "-c", code])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["PATH"] = "/usr/bin:" + Environment.GetEnvironmentVariable("PATH");
        using var client = System.Diagnostics.Process.Start(start)!;
        var errors = client.StandardError.ReadToEndAsync();
        var slots = new List<int>();
        while (client.StandardOutput.ReadLine() is { } line)
        {
            slots.Add(int.Parse(line, System.Globalization.CultureInfo.InvariantCulture));
            if (++answered == enough)
                daemon.Kill();
        }

        Assert.True(client.WaitForExit(20000), "the client did not notice that the server is gone");
        Assert.True(client.ExitCode == 0, errors.GetAwaiter().GetResult());
        return slots;
    }

    private static void CheckAll(string uri, int[] promised, int round)
    {
        var lines = Tool.Ok(30, "nbdsh", "-u", uri, "-c", $"slots, size = {Slots}, {SlotBytes}\n{Reader}").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Slots, lines.Length);
        foreach (var line in lines)
        {
            var parts = line.Split(' ');
            var slot = int.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture);
            Assert.True(parts[1] != "torn", $"round {round}: slot {slot} has a torn sector");

            // Sectors hold what was promised, or what was being written over it when the server died.
            Assert.All(parts[1].Split(','), v => Assert.True(
                int.Parse(v, System.Globalization.CultureInfo.InvariantCulture) >= promised[slot], $"round {round}: slot {slot} lost round {promised[slot]}: {line}"));
        }
    }

    private static PentodeProcess Serve(TemporaryDirectory files, string engine, out string uri)
    {
        var daemon = PentodeProcess.Start("blocks", "serve", "0", files["disk"], "--engine", engine, "--control", files["control.sock"]);
        uri = $"nbd://127.0.0.1:{daemon.Port("nbd")}/";
        return daemon;
    }
}
