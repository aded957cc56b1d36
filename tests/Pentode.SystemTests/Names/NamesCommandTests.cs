using System.Diagnostics;
using System.Text.Json;
using Pentode.Testing.Processes;

namespace Pentode.SystemTests.Names;

/// <summary><c>pentode names …</c> on a running daemon and on a store that no daemon has.</summary>
public sealed class NamesCommandTests
{
    [Fact]
    public void A_store_without_a_daemon()
    {
        using var files = new TemporaryDirectory();
        var store = files["n.db"];
        Assert.Equal(5, Names(files, "ls", "/", "--store", store).Status);
        Assert.Contains("sqlite", Ok(files, "init", "--store", store), StringComparison.Ordinal);
        Assert.Contains("usr\n", Ok(files, "ls", "/", "--store", store), StringComparison.Ordinal);
        Assert.Equal("on\n", Ok(files, "io", "/admin/etc/exports/127.0.0.1", "--store", store));
        Ok(files, "tag", "/usr", "sGroup", "raw", "--store", store);
        Assert.Equal("raw\n", Ok(files, "tag", "/usr", "sGroup", "--store", store));
        Ok(files, "level", "/admin/etc/exports/127.0.0.1", "3", "three", "--store", store);
        Assert.Equal("three\n", Ok(files, "level", "/admin/etc/exports/127.0.0.1", "3", "--store", store));
        var id = Ok(files, "id", "/usr", "--store", store).TrimEnd();
        Assert.Equal("/usr\n", Ok(files, "path", id, "--store", store));
        Assert.Contains(" 0 problems", Ok(files, "fsck", "--store", store), StringComparison.Ordinal);
        Ok(files, "export", files["n.jsonl"], "--store", store);
        Ok(files, "import", files["n.jsonl"], "--store", files["copy.db"]);
        Assert.Equal(id + "\n", Ok(files, "id", "/usr", "--store", files["copy.db"]));
        Assert.Equal("raw\n", Ok(files, "tag", "/usr", "sGroup", "--store", files["copy.db"]));
        foreach (var arguments in (string[][])[["init", "--json"], ["ls", "/", "--json"], ["id", "/usr", "--json"], ["path", id, "--json"], ["fsck", "--json"], ["tag", "/usr", "--json"], ["export", files["again.jsonl"], "--json"]])
        {
            using var rows = JsonDocument.Parse(Ok(files, [.. arguments, "--store", store]));
            Assert.True(rows.RootElement.GetArrayLength() > 0 || arguments[0] == "fsck", arguments[0]);
        }

        var missing = Names(files, "id", "/nowhere", "--store", store);
        Assert.Equal(1, missing.Status);
        Assert.Contains("/nowhere: no such file or directory (ENOENT)", missing.Error, StringComparison.Ordinal);
        Assert.Equal(2, Names(files, "io", "/usr", "perhaps", "--store", store).Status);
    }

    [Fact]
    public void A_daemon_waits_for_its_database_as_long_as_it_is_told_to()
    {
        using var files = new TemporaryDirectory();
        var configuration = files["pentode.yaml"];
        void Configure(string wait) => File.WriteAllText(
            configuration, $$"""names: {postgres: "Host={{files["nobody"]}};Username=x", {{wait}}exports: [{name: /fs}]}""" + $"\ncontrol: {{socket: {files["control.sock"]}}}\n");
        Configure("postgres_wait: 0s, ");
        var failed = Tool.Run(60, PentodeProcess.Binary, "serve", configuration);
        Assert.Equal(5, failed.Status);
        Assert.StartsWith("pentode: cannot open the names store: cannot open the PostgreSQL database: ", failed.Error, StringComparison.Ordinal);

        // A minute, unless told otherwise; a signal ends it.
        Configure("");
        using var waiting = Process.Start(new ProcessStartInfo(PentodeProcess.Binary, ["serve", configuration]) { RedirectStandardError = true })!;
        Assert.Contains("waited 0 s for it of at most 60 s", waiting.StandardError.ReadLine(), StringComparison.Ordinal);
        Tool.Ok(5, "/bin/kill", "-TERM", waiting.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.True(waiting.WaitForExit(15000));
        Assert.Equal((0, ""), (waiting.ExitCode, waiting.StandardError.ReadToEnd()));
    }

    [Fact]
    public void A_running_daemon_is_asked()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && File.Exists("/dev/fuse"), "needs root and /dev/fuse");
        using var server = NamesServer.Run();
        File.WriteAllText(server["data"], "data");
        Tool.Ok(30, PentodeProcess.Binary, "files", "cp", server["data"], server.Uri("usr/f", "/fs"));
        using var rows = JsonDocument.Parse(server.Names("ls", "--json", "/usr"));
        var row = Assert.Single(rows.RootElement.EnumerateArray());
        Assert.Equal(("f", 4, false), (row.GetProperty("name").GetString(), row.GetProperty("size_bytes").GetInt32(), row.GetProperty("io").GetBoolean()));
        Assert.Equal("on\n", server.Names("io", "/usr/f", "on"));
        var id = server.Names("id", "/usr/f").TrimEnd();
        server.Names("level", "/usr/f", "1", "bfid");

        // Removed, seen, had back with everything.
        File.Delete(Path.Combine(server.Mount("/fs"), "usr/f"));
        Assert.Contains("/usr/f", server.Names("trash", "ls"), StringComparison.Ordinal);
        using var trash = JsonDocument.Parse(server.Names("trash", "ls", "--json"));
        var number = trash.RootElement[0].GetProperty("sequence").GetInt64().ToString(System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal("/usr/f\n", server.Names("trash", "restore", number));
        Assert.Equal(id + "\n", server.Names("id", "/usr/f"));
        Assert.Equal("bfid\n", server.Names("level", "/usr/f", "1"));
        Assert.Equal("on\n", server.Names("io", "/usr/f"));

        var events = server.Names("watch", "--from", "0", "--until-end", "--json").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Contains(events, e => e.GetProperty("type").GetString() == "removed" && e.GetProperty("id").GetString() == id);
        Assert.Contains(events, e => e.GetProperty("type").GetString() == "restored" && e.GetProperty("id").GetString() == id);
        Assert.Contains(" 0 problems", server.Names("fsck"), StringComparison.Ordinal);
        server.Names("quota", "/usr", "--files", "1");
        Assert.Contains("/usr", server.Names("quota"), StringComparison.Ordinal);
        Assert.NotEqual(0, Tool.Run(30, PentodeProcess.Binary, "files", "cp", server["data"], server.Uri("usr/g", "/fs")).Status);

        // The store itself is the daemon's, and says so.
        var locked = Tool.Run(30, PentodeProcess.Binary, "names", "ls", "/", "--store", server["names.db"]);
        Assert.Equal(5, locked.Status);
        Assert.Contains("leave out --store", locked.Error, StringComparison.Ordinal);
        var status = Tool.Ok(30, PentodeProcess.Binary, "status", "--control", server.Control);
        Assert.Contains("io=meta", status, StringComparison.Ordinal);
    }

    private static ToolResult Names(TemporaryDirectory files, params string[] arguments) =>
        Tool.Run(60, PentodeProcess.Binary, ["names", .. arguments, "--control", files["none.sock"]]);

    private static string Ok(TemporaryDirectory files, params string[] arguments)
    {
        var result = Names(files, arguments);
        Assert.True(result.Status == 0, $"names {string.Join(' ', arguments)}: {result.Status}\n{result.Output}\n{result.Error}");
        return result.Output;
    }
}
