using System.Text;
using Pentode.Core;
using Pentode.Files;
using Pentode.Files.Memory;
using Pentode.Testing.Files;
using FileAttributes = Pentode.Files.FileAttributes;

namespace Pentode.Tests.Names;

/// <summary>Random operations of three users on a namespace and on the model, the tree in memory: every outcome is the same.</summary>
public sealed class NamesModelTests
{
    private const int Operations = 10_000;
    private static readonly string[] s_names = ["a", "b", "c", "d"];
    private static readonly Credentials[] s_users = [Credentials.Root, new(1000, 100, [100, 200]), new(1001, 200)];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task NamespaceAndModelAgree(int seed)
    {
        await using var host = await NamesHost.Start();
        var names = host.View(root: await host.Number("/usr"));
        await using var model = new Volume("model", new MemoryTree());
        foreach (var volume in new[] { names, model })
            Assert.Equal(Errno.None, await volume.SetAttributes(Credentials.Root, volume.Attach().Value, new AttributeChange { Mode = 0x1FF }));
        var random = new Random(seed);
        for (var i = 0; i < Operations / 2; i++)
        {
            var step = Step.Draw(random);
            var expected = await step.Run(model);
            var actual = await step.Run(names);
            Assert.True(expected == actual, $"seed {seed}, operation {i}, {step}: model {expected}, namespace {actual}");
        }

        Assert.Equal(await Everything(model, model.Attach().Value, ""), await Everything(names, names.Attach().Value, ""));
    }

    private static async Task<string> Everything(Volume volume, INode node, string path)
    {
        var a = (await volume.GetAttributes(Credentials.Root, node)).Value;
        var text = new StringBuilder($"{path} {a.Mode:x} {a.Uid} {a.Gid} {a.LinkCount}");
        if (!node.Id.IsDirectory)
            return text.Append(node.Id.IsRegular ? $" {a.Size}\n" : "\n").ToString();
        text.Append('\n');
        var open = (await volume.Open(Credentials.Root, node, 0)).Value;
        var list = new EntryList();
        Assert.Equal(Errno.None, await volume.ReadDirectory(open, 0, list));
        await volume.Close(open);
        foreach (var name in list.Entries.Select(e => e.Name).Where(n => n is not ("." or "..")).Order(StringComparer.Ordinal))
            text.Append(await Everything(volume, (await volume.Lookup(Credentials.Root, node, new FileName(name))).Value, path + "/" + name));
        return text.ToString();
    }

    private sealed record Step(int Kind, Credentials Who, string[] Path, string[] To, uint Number)
    {
        public static Step Draw(Random random)
        {
            return new Step(random.Next(12), s_users[random.Next(s_users.Length)], Names(), Names(), (uint)random.Next(0x1000));

            string[] Names() => [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => s_names[random.Next(s_names.Length)])];
        }

        public override string ToString() => $"{Kind} by {Who.Uid} of {string.Join('/', Path)} to {string.Join('/', To)} with {Number:x}";

        public async Task<string> Run(Volume volume)
        {
            var parent = await Walk(volume, Path[..^1]);
            if (!parent.IsOk)
                return parent.Error.ToString();
            var name = new FileName(Path[^1]);
            var result = await Act(volume, parent.Value, name);
            parent.Value.Release();
            return result;
        }

        private async Task<string> Act(Volume volume, INode parent, FileName name)
        {
            switch (Kind)
            {
                case 0 or 1:
                    return Text(await volume.MakeDirectory(Who, parent, name, Number & 0x1FF | 0x1C0, uint.MaxValue));
                case 2 or 3:
                    var made = await volume.Create(Who, parent, name, 2 | (Number % 3 == 0 ? 0x80 : 0) | (Number % 5 == 0 ? 0x200 : 0), Number & 0x1FF | 0x180, uint.MaxValue);
                    if (!made.IsOk)
                        return made.Error.ToString();
                    var written = await volume.Write(made.Value.File, new byte[Number % 50 + 1], Number % 100);
                    await volume.Close(made.Value.File);
                    made.Value.Node.Release();
                    return written.ToString();
                case 4:
                    return (await volume.Unlink(Who, parent, name, directory: false)).ToString();
                case 5:
                    return (await volume.Unlink(Who, parent, name, directory: true)).ToString();
                case 6 or 7:
                    var to = await Walk(volume, To[..^1]);
                    if (!to.IsOk)
                        return to.Error.ToString();
                    var moved = await volume.Rename(Who, parent, name, to.Value, new FileName(To[^1]));
                    to.Value.Release();
                    return moved.ToString();
                case 8:
                    var source = await volume.Lookup(Who, parent, name);
                    if (!source.IsOk)
                        return source.Error.ToString();
                    var directory = await Walk(volume, To[..^1]);
                    var linked = directory.IsOk ? await volume.Link(Who, directory.Value, source.Value, new FileName(To[^1])) : directory.Error;
                    source.Value.Release();
                    directory.ValueOrDefault?.Release();
                    return linked.ToString();
                case 9:
                    return Text(await volume.MakeSymbolicLink(Who, parent, name, "target"u8.ToArray(), uint.MaxValue));
                default:
                    var node = await volume.Lookup(Who, parent, name);
                    if (!node.IsOk)
                        return node.Error.ToString();
                    var change = (Number % 4) switch
                    {
                        0 => new AttributeChange { Mode = Number },
                        1 => new AttributeChange { Uid = s_users[Number % 3].Uid },
                        2 => new AttributeChange { Gid = Number % 2 == 0 ? 100u : 200u },
                        _ => new AttributeChange { Size = Number },
                    };
                    if (node.Value.Id.IsSymbolicLink)
                        change = new AttributeChange { Uid = Who.Uid };
                    var error = await volume.SetAttributes(Who, node.Value, change);
                    var after = await volume.GetAttributes(Who, node.Value);
                    node.Value.Release();
                    return $"{error} {Text(after.Value)}";
            }
        }

        private static string Text(FileAttributes a) => $"{a.Mode:x} {a.Uid} {a.Gid} {a.LinkCount} {(a.Id.IsDirectory ? 0 : a.Size)}";

        private static string Text(Result<INode> node)
        {
            node.ValueOrDefault?.Release();
            return node.Error.ToString();
        }

        private async Task<Result<INode>> Walk(Volume volume, string[] path)
        {
            var node = volume.Attach();
            foreach (var part in path)
            {
                var next = await volume.Lookup(Who, node.Value, new FileName(part));
                node.Value.Release();
                if (!next.IsOk)
                    return next;
                node = next;
            }

            return node;
        }
    }
}
