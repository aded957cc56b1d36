using System.Text;
using Pentode.Core;
using Pentode.Files;
using Pentode.Names.Catalog;
using Xunit;

namespace Pentode.Testing.Names;

/// <summary>
/// What every catalog store must do. Subclasses provide fresh stores and open them again. The end of every test is a check of the whole store that must find nothing.
/// </summary>
public abstract partial class CatalogConformance
{
    /// <summary>File types and modes.</summary>
    protected const uint RegularFile = 0x81A4, Directory = 0x41ED, SymbolicLink = 0xA1FF, Fifo = 0x11A4, CharacterDevice = 0x21A4;

    /// <summary>An ordinary user.</summary>
    protected static readonly Credentials User = new(1000, 1000, [1000, 2000]);

    /// <summary>Another.</summary>
    protected static readonly Credentials Other = new(1001, 1001);

    /// <summary>Requests of them.</summary>
    protected static readonly CatalogRequest ByRoot = new(Credentials.Root), ByUser = new(User), ByOther = new(Other);

    /// <summary>The store under test.</summary>
    protected ICatalogStore Store { get; private set; } = null!;

    /// <summary>The root directory.</summary>
    protected static long Top => CatalogInode.RootNumber;

    /// <summary>A new empty store.</summary>
    protected abstract Task<CatalogPlace> CreatePlace();

    /// <summary>Where the store of the running test is.</summary>
    protected CatalogPlace Place { get; private set; } = null!;

    /// <summary>A name.</summary>
    protected static byte[] N(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>True when other daemons may use the store: what a crash left of open files stays for a day.</summary>
    protected virtual bool IsShared => false;

    /// <summary>Runs a body on a fresh store and checks the store afterwards.</summary>
    protected async Task Check(Func<Task> body, CatalogOptions? options = null)
    {
        await using var place = await CreatePlace();
        Place = place;
        Store = await place.Open(options ?? new CatalogOptions());
        try
        {
            await body();
            Assert.Equal("", await place.Problems(Store));
        }
        finally
        {
            await Store.DisposeAsync();
        }
    }

    /// <summary>Closes the store and opens it again.</summary>
    protected async Task Reopen(CatalogOptions? options = null)
    {
        await Store.DisposeAsync();
        Store = await Place.Open(options ?? new CatalogOptions());
    }

    /// <summary>Asserts success and gives the value.</summary>
    protected static async Task<T> Ok<T>(ValueTask<Result<T>> task)
    {
        var result = await task;
        Assert.Equal(Errno.None, result.Error);
        return result.Value;
    }

    /// <summary>Asserts success.</summary>
    protected static async Task Ok(ValueTask<Errno> task) => Assert.Equal(Errno.None, await task);

    /// <summary>Asserts an error.</summary>
    protected static async Task Fails<T>(Errno error, ValueTask<Result<T>> task) => Assert.Equal(error, (await task).Error);

    /// <summary>Asserts an error.</summary>
    protected static async Task Fails(Errno error, ValueTask<Errno> task) => Assert.Equal(error, await task);

    /// <summary>Makes a file.</summary>
    protected Task<CatalogInode> MakeFile(long parent, string name, CatalogRequest? by = null, uint mode = RegularFile) =>
        Ok(Store.Create(by ?? ByRoot, parent, N(name), new NewObject { Mode = mode }));

    /// <summary>Makes a directory.</summary>
    protected Task<CatalogInode> MakeDirectory(long parent, string name, CatalogRequest? by = null, uint mode = Directory) =>
        Ok(Store.Create(by ?? ByRoot, parent, N(name), new NewObject { Mode = mode }));

    /// <summary>Names in a directory, in the order of the listing.</summary>
    protected async Task<string[]> List(long parent, int limit = 100)
    {
        var names = new List<string>();
        for (var after = 0L; ;)
        {
            var page = await Ok(Store.List(parent, after, limit));
            names.AddRange(page.Entries.Select(e => Encoding.UTF8.GetString(e.Name)));
            if (page.IsLast)
                return [.. names];
            after = page.Entries[^1].Cookie;
        }
    }

    /// <summary>The whole content of a level.</summary>
    protected async Task<byte[]> Content(long number, int level, int limit = 1 << 22)
    {
        var buffer = new byte[limit];
        return buffer[..await Ok(Store.Read(number, level, 0, buffer))];
    }

    /// <summary>Tags a directory sees, as <c>name=value</c> with marks: + primary, ~ pseudo-primary, nothing inherited, ! invalid.</summary>
    protected async Task<string> Tags(long directory) => string.Join(' ', (await Ok(Store.ListTags(directory))).Select(t =>
        $"{Encoding.UTF8.GetString(t.Name)}={Encoding.UTF8.GetString(t.Value)}{(!t.IsValid ? "!" : t.IsInherited ? "" : t.IsPrimary ? "+" : "~")}"));

    /// <summary>Makes or replaces a tag.</summary>
    protected async Task SetTag(long directory, string name, string value)
    {
        var made = await Store.CreateTag(ByRoot, directory, N(name), 0x1A4);
        Assert.True(made.IsOk || made.Error == Errno.EEXIST);
        await Ok(Store.WriteTag(ByRoot, directory, N(name), -1, N(value)));
    }

    /// <summary>A change of one attribute.</summary>
    protected static AttributeChange Mode(uint mode) => new() { Mode = mode };
}
