"""Write the two lists of Chinese characters that names are found by, and texts compared.

They are `language/traditional.txt`, each traditional character with its simplified one, by OpenCC's table (Apache-2.0),
and `names/lists/chinese_sounds.txt`, those that spell foreign names by their sound.

Run it with `pip install opencc-python-reimplemented`.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import graphrag_drift

_PACKAGE = Path(graphrag_drift.__file__).parent
# Of the tables by which Xinhua spells names of English, French, Russian, Spanish and Arabic.
_SOUNDS = """
略东阿埃艾爱奥安昂巴拜班邦保鲍贝本比彼宾博布伯查察昌彻茨次达戴丹道德登邓迪蒂丁顿杜敦厄恩尔法范方菲费芬冯弗福夫盖甘冈高戈
格根贡古瓜圭哈海汉汗豪赫亨霍胡华怀惠基吉季加贾坚简杰捷金津京卡凯坎康考科克肯孔库夸奎昆拉来莱赖兰朗劳勒雷黎里理利莉连
廉列烈林琳龙隆卢鲁路伦罗洛吕律马玛迈麦曼芒毛梅门蒙孟米密敏明摩莫默姆木穆内那纳娜南楠瑙讷能尼妮涅宁纽农努诺欧帕派潘庞
佩彭蓬皮平珀普齐奇契恰强乔切琴丘冉让热仁荣茹瑞若撒萨塞赛桑瑟森沙莎山尚绍舍申圣施什史士舒朔斯丝思松苏索塔泰坦汤唐陶特
腾提田铁廷通图托瓦万旺威韦维魏温文翁沃乌武西希锡夏香歇谢辛欣雄休修许叙逊雅亚扬尧耶叶伊依易英尤约云宰赞泽扎詹哲珍芝治
朱祖佐蕾娃娅薇琪婕黛茜萝缇碧肖柯郎耿贤鲜多翰蔡席狄伽迦莲珊洁庇甫策措侬迭邱泼婉怡玫菈薩瑪戊胥拔邵犹奈皋聂芭吾塚兹埔屈
岑楚滕漢歌娥霞葛瓊露
""".replace("\n", "")


def main() -> None:
    """Write both lists."""
    table = files("opencc").joinpath("dictionary", "TSCharacters.txt").read_text("utf-8").splitlines()
    pairs = dict(line.split("\t")[:2] for line in table if "\t" in line)
    simple = {old: new.split()[0] for old, new in pairs.items() if len(old) == 1 and old != new.split()[0]}
    lines = [f"{old}{new}" for old, new in sorted(simple.items()) if len(new) == 1 and max(old, new) <= "\uffff"]
    (_PACKAGE / "language" / "traditional.txt").write_text("\n".join(lines) + "\n", "utf-8")
    sounds = {character for character in _SOUNDS if character.strip()}
    why = "# Characters that spell foreign names by their sound, simplified: where such a name ends, no space tells."
    path = _PACKAGE / "names" / "lists" / "chinese_sounds.txt"
    path.write_text("\n".join([why, *sorted(sounds)]) + "\n", "utf-8")


if __name__ == "__main__":
    main()
