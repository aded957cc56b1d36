using System.Text;
using Pentode.Core;
using Pentode.Linux.Tree;

namespace Pentode.Cli.Commands.Files;

/// <summary>A local path. What the user wrote may lead over links.</summary>
internal sealed class LocalEnd(string text, LocalTree tree) : ICopyEnd
{
    private readonly string _path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(text));

    public string Text => text;

    public byte[] Name => text.EndsWith("/.", StringComparison.Ordinal) ? [] : Encoding.UTF8.GetBytes(Path.GetFileName(_path));

    public async Task<Result<ICopySource>> OpenSourceAsync(bool follow)
    {
        var path = follow ? Resolved() : _path;
        var name = Path.GetFileName(path);
        var parent = OpenDirectory(name.Length == 0 ? path : Path.GetDirectoryName(path)!);
        if (parent < 0)
            return (Errno)(-parent);
        var directory = tree.Source(parent);
        var source = await directory.OpenAsync(new CopyName(Encoding.UTF8.GetBytes(name.Length == 0 ? "." : name), 0)).ConfigureAwait(true);
        directory.Close();
        return source;
    }

    public Task<Result<ICopyTargetDirectory>> OpenTargetAsync() => Task.FromResult(Target(_path));

    public Task<Result<ICopyTargetDirectory>> OpenTargetParentAsync() => Task.FromResult(Target(Path.GetDirectoryName(_path) ?? "/"));

    public Task CloseAsync() => Task.CompletedTask;

    private static int OpenDirectory(string path) => TreeCalls.OpenPath(path, TreeCalls.DirectoryFlag | TreeCalls.CloseOnExec);

    private string Resolved()
    {
        try
        {
            return File.ResolveLinkTarget(_path, returnFinalTarget: true)?.FullName ?? _path;
        }
        catch (IOException)
        {
            return _path;
        }
    }

    private Result<ICopyTargetDirectory> Target(string path)
    {
        var directory = OpenDirectory(path);
        if (directory < 0)
            return (Errno)(-directory);
        return Results.Of(tree.Target(directory));
    }
}
