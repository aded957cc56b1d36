using Pentode.Testing.Processes;

namespace Pentode.SystemTests.Names;

/// <summary>What the documents of pnfs say, by ordinary tools over every front end and on both engines.</summary>
public sealed class NamesSessionTests
{
    public static MatrixTheoryData<string, string> Ways { get; } = new(["fuse", "9p", "nfs3"], ["sqlite", "postgres"]);

    [Theory]
    [MemberData(nameof(Ways))]
    public void The_session_of_the_documents(string frontEnd, string engine)
    {
        Assert.SkipUnless(frontEnd == "nfs3" || (Environment.IsPrivilegedProcess && File.Exists("/dev/fuse")), "needs root and /dev/fuse");
        using var postgres = engine == "postgres" ? StartPostgres() : null;
        using var server = NamesServer.Run(postgres is null ? "" : $"postgres: \"{postgres.ConnectionString("names")}\"", isMounted: frontEnd == "fuse", isNfs: frontEnd == "nfs3");
        switch (frontEnd)
        {
            case "fuse":
                NamesServer.Session(server["m30"], server["m0/usr"]);
                break;
            case "9p":
                NamesServer.Session(server.Mount("/pnfs"), server.Mount("/fs") + "/usr");
                break;
            default:
                using (var session = new NfsSession(server.Process.Port("nfs")))
                    session.Run();
                break;
        }

        Assert.Contains(engine, Tool.Ok(30, PentodeProcess.Binary, "status", "--control", server.Control), StringComparison.Ordinal);
        Assert.Contains(" 0 problems", server.Names("fsck"), StringComparison.Ordinal);
    }

    [Fact]
    public void Diods_tools_read_magic_names()
    {
        Tool.Require("diodcat");
        using var server = NamesServer.Run();
        File.WriteAllText(server["text"], "text\n");
        Tool.Ok(30, PentodeProcess.Binary, "files", "cp", server["text"], server.Uri("usr/f", "/fs"));
        var address = $"127.0.0.1:{server.Process.Port("9p")}";
        Assert.Equal("text\n", Tool.Ok(30, "diodcat", "-s", address, "-a", "/fs", "usr/f"));
        Assert.NotEqual(0, Tool.Run(30, "diodcat", "-s", address, "-a", "/pnfs", "f").Status);
        Assert.Matches("^[0-9A-F]{36}\n$", Tool.Ok(30, "diodcat", "-s", address, "-a", "/pnfs", ".(id)(f)"));
        Assert.DoesNotContain(".(", Tool.Ok(30, "diodls", "-s", address, "-a", "/pnfs", "/"), StringComparison.Ordinal);
        server.Names("io", "/usr/f", "on");
        Assert.Equal("text\n", Tool.Ok(30, "diodcat", "-s", address, "-a", "/pnfs", "f"));
    }

    [Fact]
    public void Over_nfs_by_the_tools_of_libnfs()
    {
        Tool.Require("nfs-cp");
        using var server = NamesServer.Run(isNfs: true);
        var port = server.Process.Port("nfs");
        File.WriteAllText(server["data"], "data\n");
        File.WriteAllText(server["empty"], "");
        Tool.Ok(30, "nfs-cp", server["data"], Url("/fs/usr/f"));
        Assert.NotEqual(0, Tool.Run(30, "nfs-cat", Url("/pnfs/f")).Status);

        // CREATE of a switch acts.
        Tool.Ok(30, "nfs-cp", server["empty"], Url("/pnfs/.(fset)(f)(io)"));
        Assert.Equal("data\n", Tool.Ok(30, "nfs-cat", Url("/pnfs/f")));
        Assert.Equal("1\n", Tool.Ok(30, "nfs-cat", Url("/pnfs/.(get)(f)(io)")));
        Tool.Ok(30, "nfs-cp", server["empty"], Url("/pnfs/.(fset)(f)(io)(off)"));
        Assert.NotEqual(0, Tool.Run(30, "nfs-cat", Url("/pnfs/f")).Status);
        Tool.Ok(30, "nfs-cp", server["data"], Url("/pnfs/.(use)(1)(f)"));
        Assert.Equal("data\n", Tool.Ok(30, "nfs-cat", Url("/pnfs/.(use)(1)(f)")));
        Tool.Ok(30, "nfs-cp", server["data"], Url("/pnfs/.(tag)(t)"));
        Assert.Equal(".(tag)(t)\n", Tool.Ok(30, "nfs-cat", Url("/pnfs/.(tags)()")));
        var id = Tool.Ok(30, "nfs-cat", Url("/pnfs/.(id)(f)")).TrimEnd();
        Assert.Equal("f\n", Tool.Ok(30, "nfs-cat", Url($"/pnfs/.(nameof)({id})")));
        Assert.NotEqual(0, Tool.Run(30, "nfs-cp", server["data"], Url("/pnfs/.(tg)(x)")).Status);
        Assert.DoesNotContain(".(", Tool.Ok(30, "nfs-ls", Url("/pnfs")), StringComparison.Ordinal);

        string Url(string path) => $"nfs://127.0.0.1{path}?nfsport={port}&mountport={port}";
    }

    [Fact]
    public void An_edit_of_an_export_file_is_what_nfs_clients_get()
    {
        Tool.Require("nfs-cat");
        using var server = NamesServer.Run(isMounted: true, isNfs: true);
        var port = server.Process.Port("nfs");
        File.WriteAllText(server["m0/usr/f"], "data\n");
        var url = $"nfs://127.0.0.1/pnfs/f?nfsport={port}&mountport={port}";
        Assert.NotEqual(0, Tool.Run(30, "nfs-cat", url).Status);
        Assert.Equal("data\n", Tool.Ok(30, "nfs-cat", url.Replace("/pnfs/f", "/fs/usr/f", StringComparison.Ordinal)));

        // Editors that write in several steps, and mistakes, change nothing before they are right.
        File.WriteAllText(server["m0/admin/etc/exports/127.0.0.1"], "/pnfs /0/root/fs/usr 7 nooptions\n");
        Until(() => server.Process.Errors.Contains("127.0.0.1:1: the I/O field must be 30", StringComparison.Ordinal));
        Assert.Equal("data\n", Tool.Ok(30, "nfs-cat", url.Replace("/pnfs/f", "/fs/usr/f", StringComparison.Ordinal)));
        File.WriteAllText(server["m0/admin/etc/exports/127.0.0.1"], "/pnfs /0/root/fs/usr 0 nooptions\n");
        Until(() => Tool.Run(30, "nfs-cat", url).Output == "data\n");
        Assert.NotEqual(0, Tool.Run(30, "nfs-cat", url.Replace("/pnfs/f", "/fs/usr/f", StringComparison.Ordinal)).Status);
    }

    private static PostgresServer StartPostgres()
    {
        PostgresServer.Require();
        var postgres = PostgresServer.Start();
        postgres.Execute("postgres", "CREATE DATABASE names");
        return postgres;
    }

    private static void Until(Func<bool> isSo)
    {
        for (var i = 0; i < 300 && !isSo(); i++)
            Thread.Sleep(100);
        Assert.True(isSo());
    }
}
