using System.Text;
using Pentode.Core;
using Pentode.Names.Catalog;
using Pentode.Names.Stores;
using Pentode.Names.Stores.Sqlite;
using Pentode.Core.Diagnostics;
using Pentode.Sqlite;

namespace Pentode.Tests.Names;

public sealed class StoreToolTests
{
    [Fact]
    public async Task An_export_read_into_a_new_store_is_the_same_store()
    {
        await using var place = new StoreSqlitePlace();
        await using var source = (CatalogStore)await place.Open(new CatalogOptions());
        await Fill(source);
        var file = new MemoryStream();
        var rows = (await source.Export(file, null, default)).Value;
        Assert.True(rows > 40);

        await using var other = new StoreSqlitePlace();
        var target = (CatalogStore)await other.Open(new CatalogOptions());
        file.Position = 0;
        var report = await target.Import(file, null, default);
        Assert.Equal((Errno.None, rows + 2, ""), (report.Error, report.Lines, report.Problem));
        var again = new MemoryStream();
        await target.Export(again, null, default);
        Assert.Equal(Lines(file).Skip(1), Lines(again).Skip(1));
        Assert.Equal(await StoreWorkload.Picture(source), await StoreWorkload.Picture(target));
        Assert.Equal("", await other.Problems(target));
        Assert.Equal((await source.GetStatistics()).Value.Objects, (await target.GetStatistics()).Value.Objects);

        // Numbers go on above the imported ones, also after opening again; the identity is the old one.
        await target.DisposeAsync();
        target = (CatalogStore)await other.Open(new CatalogOptions());
        Assert.Equal(source.Info.FileSystemId, target.Info.FileSystemId);
        var made = (await target.Create(default, 1, "new"u8.ToArray(), new NewObject { Mode = 0x81A4 })).Value;
        var highest = Lines(file).Max(l => l.Contains("\"ino\":") && l.Contains("\"inode\"") ? long.Parse(l.Split("\"ino\":")[1].Split(',')[0]) : 0);
        Assert.True(made.Number > highest);
        file.Position = 0;
        Assert.Equal(Errno.EEXIST, (await target.Import(file, null, default)).Error);
        await target.DisposeAsync();
    }

    [Theory]
    [InlineData("", "line 0: the file ends")]
    [InlineData("{}\n", "not an export")]
    [InlineData("{\"pentode_catalog\":1}\nnonsense\n", "line 2")]
    [InlineData("{\"pentode_catalog\":1}\n{\"table\":\"sqlite_master\"}\n", "unknown table")]
    [InlineData("{\"pentode_catalog\":1}\n{\"table\":\"word\",\"id\":7}\n", "a column is missing")]
    [InlineData("{\"pentode_catalog\":1}\n{\"rows\":5}\n", "says 5 rows")]
    [InlineData("{\"pentode_catalog\":1}\n{\"table\":\"dirent\",\"parent\":99,\"name\":\"x\",\"child\":98,\"cookie\":1}\n{\"rows\":1}\n", "refuses")]
    public async Task A_bad_import_says_where_and_leaves_a_store_that_is_not_used(string text, string problem)
    {
        await using var place = new StoreSqlitePlace();
        var store = (CatalogStore)await place.Open(new CatalogOptions());
        var report = await store.Import(new MemoryStream(Encoding.UTF8.GetBytes(text)), null, default);
        Assert.NotEqual(Errno.None, report.Error);
        Assert.Contains(problem, report.Problem);
        await store.DisposeAsync();
        var refused = await Assert.ThrowsAsync<CatalogOpenException>(() => place.Open(new CatalogOptions()));
        Assert.Contains("import again", refused.Message);
    }

    [Fact]
    public async Task A_check_finds_every_sort_of_damage_and_repairs_it()
    {
        await using var place = new StoreSqlitePlace();
        var store = await place.Open(new CatalogOptions());
        await Fill(store);
        await store.DisposeAsync();
        Damage(place.File);
        var damaged = (CatalogStore)await place.Open(new CatalogOptions());
        var found = (await damaged.Check(repair: false, null, default)).Value.Problems.Select(p => p.Kind).Distinct().Order().ToArray();
        Assert.Equal(Enum.GetValues<CheckProblemKind>().Where(k => k != CheckProblemKind.LeftOver), found);
        var report = (await damaged.Check(repair: true, null, default)).Value;
        Assert.All(report.Problems, p => Assert.True(p.IsRepaired, p.Text));
        Assert.Empty((await damaged.Check(repair: false, null, default)).Value.Problems);
        Assert.NotEmpty((await damaged.List(CatalogInode.LostAndFoundNumber, 0, 100)).Value.Entries);
        await damaged.DisposeAsync();
    }

    [Fact]
    public async Task A_second_process_and_a_newer_or_foreign_file_are_refused()
    {
        await using var place = new StoreSqlitePlace();
        var store = await place.Open(new CatalogOptions());
        var error = await Assert.ThrowsAsync<CatalogOpenException>(() => place.Open(new CatalogOptions()));
        Assert.Contains("another process has it open", error.Message);
        await store.DisposeAsync();
        Sql(place.File, "INSERT INTO schema_version VALUES (999, 'x', 0)");
        error = await Assert.ThrowsAsync<CatalogOpenException>(() => place.Open(new CatalogOptions()));
        Assert.Contains("newer", error.Message);
        Sql(place.File, "DELETE FROM schema_version WHERE version = 999; UPDATE schema_version SET checksum = 'y'");
        error = await Assert.ThrowsAsync<CatalogOpenException>(() => place.Open(new CatalogOptions()));
        Assert.Contains("another build", error.Message);
        File.WriteAllText(place.File, new string('x', 5000));
        error = await Assert.ThrowsAsync<CatalogOpenException>(() => place.Open(new CatalogOptions()));
        Assert.Contains("not a database", error.Message);
        error = await Assert.ThrowsAsync<CatalogOpenException>(() => SqliteCatalog.Open("/nowhere/x.db", new CatalogOptions(), NullLog.Instance));
        Assert.Contains("directory does not exist", error.Message);
    }

    internal static async Task Fill(ICatalogStore store)
    {
        var workload = new StoreWorkload(3);
        for (var i = 0; i < 150; i++)
            await workload.Step(store, i);
        var d = (await store.Create(default, 1, "tree"u8.ToArray(), new NewObject { Mode = 0x41ED })).Value;
        var inner = (await store.Create(default, d.Number, "inner"u8.ToArray(), new NewObject { Mode = 0x41ED })).Value;
        var f = (await store.Create(default, inner.Number, (byte[])[0xFF, 0xFE, (byte)'"'], new NewObject { Mode = 0x81A4, Verifier = ulong.MaxValue })).Value;
        await store.Create(default, d.Number, "link"u8.ToArray(), new NewObject { Mode = 0xA1FF, Target = "über"u8.ToArray() });
        await store.Write(default, f.Number, 0, 100_000, new byte[70_000]);
        await store.Write(default, f.Number, 2, 0, "level"u8.ToArray());
        await store.CreateTag(default, d.Number, "sGroup"u8.ToArray(), 0x1A4);
        await store.WriteTag(default, d.Number, "sGroup"u8.ToArray(), -1, "cms"u8.ToArray());
        await store.SetLocation(default, f.Number, new CatalogLocation(0, "osm://x/?a=b", 1, 1, 5));
        await store.SetChecksum(default, f.Number, new CatalogChecksum("MD5", "00ff"));
        await store.SetExtendedAttribute(default, f.Number, "user.x"u8.ToArray(), "y"u8.ToArray(), 0);
        await store.SetLabel(default, f.Number, "raw", true);
        await store.SetPin(default, f.Number, "r", null);
        await store.SetQuota(default, d.Number, 100, 0);
        await store.SetMeta("exports", "{}"u8.ToArray());
        await store.Intern("word"u8.ToArray());
        var gone = (await store.Create(default, d.Number, "gone"u8.ToArray(), new NewObject { Mode = 0x81A4 })).Value;
        await store.Write(default, gone.Number, 0, 0, "x"u8.ToArray());
        await store.Remove(default, d.Number, "gone"u8.ToArray());
    }

    private static void Damage(string file) => Sql(
        file,
        "PRAGMA foreign_keys=OFF;" +
        "INSERT INTO dirent VALUES (1, x'01', 888888, 777777);" +
        "INSERT INTO dirent SELECT 1, x'02', ino, 777778 FROM inode WHERE ino = (SELECT child FROM dirent WHERE name = CAST('inner' AS BLOB));" +
        "INSERT INTO inode SELECT 900001, randomblob(18), 33188, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, 0, 0, NULL;" +
        "INSERT INTO inode SELECT 900002, randomblob(18), 16877, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 900001, 0, 0, 0, NULL, 0, 0, NULL;" +
        "INSERT INTO inode SELECT 900003, randomblob(18), 16877, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5555, NULL, 0, 0, NULL;" +
        "INSERT INTO dirent VALUES (900002, x'61', 900003, 777779), (900003, x'61', 900002, 777780);" +
        "UPDATE inode SET nlink = 7 WHERE ino = (SELECT child FROM dirent WHERE name = CAST('link' AS BLOB));" +
        "UPDATE inode SET size = 1 WHERE ino = (SELECT child FROM dirent WHERE name = CAST('link' AS BLOB));" +
        "UPDATE inode SET stored = 3, size = 150000 WHERE ino = (SELECT child FROM dirent WHERE name = x'FFFE22');" +
        "UPDATE inode SET taggen = 0 WHERE ino = (SELECT child FROM dirent WHERE name = CAST('tree' AS BLOB));" +
        "UPDATE quota SET files = 99; UPDATE totals SET objects = 3;" +
        "INSERT INTO trash SELECT 777781, child, 1, x'01', 0, 0 FROM dirent WHERE name = x'FFFE22'");

    private static void Sql(string file, string sql)
    {
        using var connection = SqliteConnection.Open(file, isWriter: true, new SqliteOptions());
        connection.Execute(sql);
    }

    private static IEnumerable<string> Lines(MemoryStream file) => Encoding.UTF8.GetString(file.ToArray()).TrimEnd('\n').Split('\n');
}
