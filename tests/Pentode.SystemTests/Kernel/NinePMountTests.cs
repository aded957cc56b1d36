namespace Pentode.SystemTests.Kernel;

/// <summary>The kernel's 9P client (v9fs) on our export. What is checked is in Guest/, in the program of the test's name.</summary>
public sealed class NinePMountTests
{
    private const int Limit = 180;

    [Theory]
    [InlineData("server")]
    [InlineData("client")]
    public void Users_own_what_they_make_and_are_refused_what_is_not_theirs(string checks)
    {
        using var export = Served.OverNineP($"      checks: {checks}\n");
        export.Run(Limit, "users", ("CHECKS", checks));
        export.End();
    }

    [Theory]
    [InlineData("none")]
    [InlineData("loose")]
    [InlineData("mmap")]
    public void Files_behave_as_on_a_disk(string cache)
    {
        using var export = Served.OverNineP();
        export.Run(Limit, "files", ("CACHE", cache));
        export.End();
    }

    [Fact]
    public void Ten_thousand_entries_are_each_seen_once()
    {
        using var export = Served.OverNineP();
        Directory.CreateDirectory(Path.Combine(export.Tree, "many"));
        for (var i = 0; i < 10000; i++)
            File.Create(Path.Combine(export.Tree, "many", FormattableString.Invariant($"entry-{i:D5}"))).Dispose();
        export.Run(Limit, "directory", ("COUNT", 10000));
        export.End();
    }

    [Fact]
    public void Locks_hold_between_two_mounts_and_are_handed_over()
    {
        using var export = Served.OverNineP();
        export.Run(Limit, "locks");
        export.End();
    }

    [Fact]
    public async Task Data_survives_load_and_status_shows_the_connection()
    {
        using var export = Served.OverNineP();
        var run = Task.Run(() => export.Run(Limit, "load"));
        var seen = await Watch.Until(run, export.Connections, c => c.Protocol == "9p" && c.Operations > 100 && c.BytesWritten > 0);
        await run;
        Assert.True(seen, "no 9p connection with operations in the status while the load ran");
        Assert.Empty(export.Connections());
        export.End();
    }
}
