using System.Globalization;
using System.Text;
using Pentode.Core;
using Pentode.Files;
using Pentode.Names.Catalog;

namespace Pentode.Tests.Names;

/// <summary>A seeded sequence of keyed changes on a store, and a picture of everything users can see of it.</summary>
internal sealed class StoreWorkload(int seed)
{
    private const int Names = 6;

    /// <summary>Does step <paramref name="index"/>; the same step on the same state does the same.</summary>
    public async Task<Errno> Step(ICatalogStore store, int index)
    {
        var random = new Random((seed * 100_003) + index);
        var by = new CatalogRequest(Credentials.Root.In(new CallIdentity(N($"step-{index}"))));
        var directories = new List<long> { CatalogInode.RootNumber };
        foreach (var name in (string[])["d0", "d1"])
        {
            var found = await store.Lookup(CatalogInode.RootNumber, N(name));
            if (found.IsOk && found.Value.IsDirectory)
                directories.Add(found.Value.Number);
        }

        var parent = directories[random.Next(directories.Count)];
        var other = directories[random.Next(directories.Count)];
        var (a, b) = (N("n" + random.Next(Names)), N("n" + random.Next(Names)));
        var top = N("d" + random.Next(2));
        switch (random.Next(13))
        {
            case 0 or 1:
                return (await store.Create(by, parent, a, new NewObject { Mode = 0x81A4 })).Error;
            case 2 or 3:
                return (await store.Create(by, CatalogInode.RootNumber, top, new NewObject { Mode = 0x41ED })).Error;
            case 4:
                return (await store.Remove(by, parent, a)).Error;
            case 5:
                return await store.RemoveDirectory(by, CatalogInode.RootNumber, top);
            case 6 or 7:
                return await store.Rename(by, parent, a, other, b);
            case 8:
                return (await store.CreateTag(by, parent, N("t"), 0x1A4)).Error;
            case 9:
                return (await store.WriteTag(by, parent, N("t"), -1, N($"{index}"))).Error;
        }

        var file = await store.Lookup(parent, a);
        if (!file.IsOk)
            return file.Error;
        return random.Next(4) switch
        {
            0 => (await store.Link(by, file.Value.Number, other, b)).Error,
            1 => (await store.SetAttributes(by, file.Value.Number, new AttributeChange { Mode = (uint)random.Next(512) })).Error,
            _ => (await store.Write(by, file.Value.Number, random.Next(3), -1, N($"{index};"))).Error,
        };
    }

    /// <summary>All names with what they stand for, without numbers and times.</summary>
    public static async Task<string> Picture(ICatalogStore store)
    {
        var text = new StringBuilder();
        await Add(CatalogInode.RootNumber, "/");
        foreach (var item in (await store.ListTrash(0, 1000)).Value)
            text.Append(CultureInfo.InvariantCulture, $"trash {Encoding.UTF8.GetString(item.Name)} {item.Inode.Size}\n");
        return text.ToString();

        async Task Add(long directory, string path)
        {
            foreach (var tag in (await store.ListTags(directory)).Value)
                text.Append(CultureInfo.InvariantCulture, $"{path} {Encoding.UTF8.GetString(tag.Name)}={Encoding.UTF8.GetString(tag.Value)} {tag.IsInherited}\n");
            foreach (var entry in (await store.List(directory, 0, 1000)).Value.Entries.OrderBy(e => Encoding.UTF8.GetString(e.Name), StringComparer.Ordinal))
            {
                var name = path + Encoding.UTF8.GetString(entry.Name);
                text.Append(CultureInfo.InvariantCulture, $"{name} {entry.Inode.Mode} {entry.Inode.LinkCount} {entry.Inode.Size}\n");
                if (entry.Inode.IsDirectory)
                    await Add(entry.Inode.Number, name + "/");
                for (var level = 0; entry.Inode.IsRegular && level < 3; level++)
                {
                    var buffer = new byte[4096];
                    var count = await store.Read(entry.Inode.Number, level, 0, buffer);
                    text.Append(CultureInfo.InvariantCulture, $"{name}[{level}] {count.Error} {Encoding.UTF8.GetString(buffer, 0, count.ValueOrDefault)}\n");
                }
            }
        }
    }

    private static byte[] N(string text) => Encoding.UTF8.GetBytes(text);
}
