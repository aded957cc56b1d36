using System.Text;
using Pentode.Names.Magic;

namespace Pentode.Tests.Names;

public sealed class MagicNameTests
{
    [Theory]
    [InlineData(".(id)(f)", "id|f")]
    [InlineData(".(config)", "config")]
    [InlineData(".(tags)()", "tags|")]
    [InlineData(".(use)(2)(a(b)c)", "use|2|a(b)c")]
    [InlineData(".(fset)(x()(y))(io)", "fset|x()(y)|io")]
    [InlineData(".(fset)(f)(checksum)(ADLER32)(00ff00ff)", "fset|f|checksum|ADLER32|00ff00ff")]
    [InlineData(".()", "")]
    public void GroupsAreSplit(string name, string groups)
    {
        var parsed = Parse(name);
        Assert.NotNull(parsed);
        var all = new[] { Encoding.UTF8.GetString(parsed.Command) }.Concat(Enumerable.Range(0, parsed.Count).Select(i => Encoding.UTF8.GetString(parsed[i].Span)));
        Assert.Equal(groups, string.Join('|', all));
    }

    [Theory]
    [InlineData(".(")]
    [InlineData(".(id")]
    [InlineData(".(id)(f")]
    [InlineData(".(id)(f))")]
    [InlineData(".(id)f")]
    [InlineData(".(id)(f) ")]
    [InlineData(".(id)(a(b)")]
    [InlineData(".(a)(b)(c)(d)(e)(f)(g)(h)(i)")]
    public void WhatDoesNotBalanceIsMalformed(string name)
    {
        Assert.True(MagicName.IsMagic(Encoding.UTF8.GetBytes(name)));
        Assert.Null(Parse(name));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("(id)(f)")]
    [InlineData(".x(id)")]
    [InlineData("..(id)(f)")]
    public void OthersAreOrdinaryNames(string name)
    {
        Assert.False(MagicName.IsMagic(Encoding.UTF8.GetBytes(name)));
        Assert.Null(Parse(name));
    }

    [Theory]
    [InlineData(".(id)(f)", MagicKind.Id, "f", null)]
    [InlineData(".(nameof)(000100000000000000001080)", MagicKind.NameOf, "", null)]
    [InlineData(".(access)(1080)(2)", MagicKind.Access, "", 2L)]
    [InlineData(".(use)(7)(f)", MagicKind.Level, "f", 7L)]
    [InlineData(".(tag)(sGroup)", MagicKind.Tag, "sGroup", null)]
    [InlineData(".(config)()", MagicKind.Wormhole, "", null)]
    [InlineData(".(config)(serverId)", MagicKind.Wormhole, "serverId", null)]
    [InlineData(".(get)(cursor)", MagicKind.Cursor, "", null)]
    [InlineData(".(get)(database)", MagicKind.Database, "", 0L)]
    [InlineData(".(get)(database)(3)", MagicKind.Database, "", 3L)]
    [InlineData(".(get)(database)(locality)", MagicKind.Fact, "database", null)]
    [InlineData(".(get)(counters)", MagicKind.Counters, "", 0L)]
    [InlineData(".(suri)(f)", MagicKind.Locations, "f", null)]
    [InlineData(".(fset)(f)(io)", MagicKind.SetIo, "f", 1L)]
    [InlineData(".(fset)(f)(io)(on)", MagicKind.SetIo, "f", 1L)]
    [InlineData(".(fset)(f)(io)(off)", MagicKind.SetIo, "f", 0L)]
    [InlineData(".(pset)(1080)(size)(12)", MagicKind.SetSize, "", 12L)]
    [InlineData(".(fset)(f)(pin)", MagicKind.SetPin, "f", 300L)]
    [InlineData(".(fset)(f)(stage)(2)(MINUTES)", MagicKind.SetPin, "f", 120L)]
    [InlineData(".(fset)(f)(bringonline)(2)(d)", MagicKind.SetPin, "f", 172800L)]
    [InlineData(".(fset)(f)(pin)(1)(MILLISECONDS)", MagicKind.SetPin, "f", 1L)]
    [InlineData(".(fset)(f)(pin)(0)", MagicKind.SetPin, "f", 0L)]
    [InlineData(".(fset)(f)(pin)(999999999999999999)", MagicKind.SetPin, "f", MagicCommands.LongestPinSeconds)]
    [InlineData(".(fset)(f)(unpin)", MagicKind.SetPin, "f", 0L)]
    [InlineData(".(0)(top)", MagicKind.TopDirectory, "top", 0L)]
    [InlineData(".(const)(D)", MagicKind.Constant, "D", null)]
    [InlineData(".(checksums)()", MagicKind.ChecksumTypes, "", null)]
    public void CommandsAreUnderstood(string name, MagicKind kind, string target, long? number)
    {
        var command = MagicCommands.Understand(Parse(name)!);
        Assert.NotNull(command);
        Assert.Equal(kind, command.Kind);
        Assert.Equal(target, Encoding.UTF8.GetString(command.Name.Span));
        Assert.Equal(number, command.Number);
    }

    [Theory]
    [InlineData(".(tg)(x)")]
    [InlineData(".(id)")]
    [InlineData(".(id)(a)(b)")]
    [InlineData(".(id)()")]
    [InlineData(".(id)(.(id)(f))")]
    [InlineData(".(use)(8)(f)")]
    [InlineData(".(use)(-1)(f)")]
    [InlineData(".(use)(f)")]
    [InlineData(".(nameof)(xyz)")]
    [InlineData(".(nameof)(0123456789012345678901234)")]
    [InlineData(".(tag)()")]
    [InlineData(".(tag)(123456789012345678901234567890123456789012345678901234567890123)")]
    [InlineData(".(tags)(x)")]
    [InlineData(".(get)(postion)")]
    [InlineData(".(get)(f)(nothing)")]
    [InlineData(".(fset)(f)")]
    [InlineData(".(fset)(f)(io)(maybe)")]
    [InlineData(".(fset)(f)(size)")]
    [InlineData(".(fset)(f)(size)(-1)")]
    [InlineData(".(fset)(f)(pin)(1)(FORTNIGHTS)")]
    [InlineData(".(fset)(f)(checksum)(ADLER32)(xx)")]
    [InlineData(".(fset)(f)(checksum)(NONE)(00)")]
    [InlineData(".(pset)(xyz)(io)")]
    [InlineData(".(pset)(10)(uid)(5)")]
    [InlineData(".(puse)(1)(f)")]
    [InlineData(".(layers)(f)")]
    [InlineData(".()(x)")]
    public void TheRestIsRefused(string name) => Assert.Null(MagicCommands.Understand(Parse(name)!));

    [Fact]
    public void ChecksumsAreBroughtIntoOneSpelling()
    {
        var command = MagicCommands.Understand(Parse(".(fset)(f)(checksum)(adler32)(00FF00AA)")!)!;
        Assert.Equal(("ADLER32", "00ff00aa"), (command.ChecksumType, command.ChecksumValue));
    }

    [Fact]
    public void NoBytesBringTheParserDown()
    {
        var random = new Random(7);
        const string Alphabet = "().iduse1fsetio\u00e9\u0000/";
        for (var i = 0; i < 20_000; i++)
        {
            var text = ".(" + new string([.. Enumerable.Range(0, random.Next(0, 30)).Select(_ => Alphabet[random.Next(Alphabet.Length)])]);
            if (Parse(text) is { } name)
                _ = MagicCommands.Understand(name);
        }
    }

    private static MagicName? Parse(string name) => MagicName.Parse(Encoding.UTF8.GetBytes(name));
}
